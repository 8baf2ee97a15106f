/**
 * Calls Check over a Unix socket, a few calls at a time, until its standard input ends; then prints what came
 * of them as JSON. Run by `reload.ts` as a process of its own.
 */
import * as grpc from '@grpc/grpc-js';
import { readDefinitions } from '../../src/app/read-definitions.ts';

export interface LoadReport {
  readonly verdicts: number;
  /** Calls without a verdict. */
  readonly lost: number;
  /** Verdicts that are not the one that holds before and after every reload. */
  readonly wrong: number;
  readonly p50Millis: number;
  readonly p99Millis: number;
  readonly maxMillis: number;
}

const AT_ONCE = 4;
const [socketPath = '', workloads = '1'] = process.argv.slice(2);
const method = readDefinitions().service('envoy.service.auth.v3.Authorization')['Check'];
const client = new grpc.Client(`unix:${socketPath}`, grpc.credentials.createInsecure());
const latencies: number[] = [];
let lost = 0;
let wrong = 0;
let isOver = false;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();
await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => callOn(lane)));
client.close();
latencies.sort((a, b) => a - b);
const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
const report: LoadReport = {
  verdicts: latencies.length,
  lost,
  wrong,
  p50Millis: at(0.5),
  p99Millis: at(0.99),
  maxMillis: at(1),
};
console.log(JSON.stringify(report));

async function callOn(lane: number): Promise<void> {
  for (let count = lane; !isOver; count += AT_ONCE) {
    const workload = count % Number(workloads);
    const isAllowed = count % 3 !== 0;
    const start = performance.now();
    const code = await check(workload, isAllowed ? '/api/v1/things/5' : '/nowhere');
    if (code === undefined) {
      lost += 1;
    } else {
      latencies.push(performance.now() - start);
      wrong += (code === 0) === isAllowed ? 0 : 1;
    }
  }
}

/** The status of the verdict; undefined when none came. */
function check(workload: number, path: string): Promise<number | undefined> {
  const attributes = {
    source: { principal: 'spiffe://example.org/ns/web/sa/frontend' },
    destination: { principal: `spiffe://example.org/ns/n${workload % 20}/sa/s${workload}` },
    request: { http: { method: 'GET', path, host: 'orders', headers: { ':path': path } } },
  };
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      method?.path ?? '',
      (request: object) => method?.requestSerialize(request) ?? Buffer.alloc(0),
      (bytes: Buffer) =>
        method?.responseDeserialize(bytes) as { readonly status?: { readonly code: number } },
      { attributes },
      { deadline: Date.now() + 10_000 },
      (error, response) => resolve(error === null ? response?.status?.code : undefined),
    );
  });
}
