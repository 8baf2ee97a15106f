import { METHODS, request } from 'node:http';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { startVectorServer, type VectorServer } from '../service/authz/vector-server.ts';
import { socketPath } from '../service/grpc/bed.ts';
import { NOW_SECONDS, snapshotOf } from '../unit/authz/bed.ts';
import { readTokenVectors, type TokenVector } from '../unit/authz/token-vectors.ts';
import { vectorExtensions, vectorSnapshot, whyNotCallable } from '../unit/authz/vector-call.ts';
import { readVectors, type Vector } from '../unit/policy/vectors.ts';
import { contextExtensions, extAuthz, startHttpEnvoy } from './http-envoy.ts';

const vectors = readVectors().filter(
  (vector) => vector.envoy && whyNotCallable(vector) === undefined && isSendable(vector),
);
const tokenVectors = readTokenVectors().filter(({ envoy }) => envoy);

/** Of token vectors, which all ask for one workload. */
const ORDERS = { 'sallyport.workload': 'shop/orders' };
/** What listeners say of the workload; each vector goes to the listener that says its own. */
const fronts = [...new Set([ORDERS, ...vectors.map(vectorExtensions)].map((one) => JSON.stringify(one)))];

it('vectors that are marked for it go through a real Envoy', async ({ task }) => {
  expect(vectors.length + tokenVectors.length).toBeGreaterThanOrEqual(300);
  const path = socketPath('authz.sock');
  const clock = { ...systemClock, nowMillis: () => NOW_SECONDS * 1000 };
  const server = await startVectorServer(clock, { kind: 'unix', path, mode: 0o600, mayTakeOver: false });
  const envoy = await startHttpEnvoy(
    '1.40',
    path,
    fronts.map((front) => ({
      filters: [extAuthz({ encode_raw_headers: true, status_on_error: { code: 'ServiceUnavailable' } })],
      routes: { '/': contextExtensions(JSON.parse(front)) },
    })),
  );
  task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
  const portOf = (extensions: object) => envoy.ports[fronts.indexOf(JSON.stringify(extensions))] ?? 0;
  const wrong: string[] = [];
  for (const vector of vectors) {
    server.putInForce(vectorSnapshot(vector));
    const answer = await ask(portOf(vectorExtensions(vector)), vector.request);
    compare(vector.title, [answer, decisionOf(server)], wantedOf(vector), wrong);
  }
  for (const vector of tokenVectors) {
    const profiles = { plain: { pathNormalization: 'BASE', ...vector.profile } };
    server.putInForce(snapshotOf({ policies: vector.policies, profiles }));
    const answer = await ask(portOf(ORDERS), vector.ask);
    compare(vector.title, seenOf(vector, answer), wantedOfToken(vector), wrong);
  }
  expect(wrong).toEqual([]);
});

/** What a client can send, and Envoy does not normalise before it asks. */
function isSendable({ request: { host, method, path } }: Vector): boolean {
  return (
    /^[!-~]+$/.test(host) &&
    METHODS.includes(method) &&
    /^[!-~]*$/.test(path ?? '') &&
    !/[%\\#{}]|\/\./.test(path ?? '')
  );
}

interface Asked {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string | null;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

interface Answer {
  readonly status: number;
  readonly reason: string | undefined;
  readonly body: string;
}

function ask(port: number, { method = 'GET', host = '', path, headers = {} }: Asked): Promise<Answer> {
  const lines = [
    ['host', host],
    ...Object.entries(headers).flatMap(([name, value]) => [value].flat().map((line) => [name, line])),
  ];
  const options = { host: '127.0.0.1', port, method, path: path ?? '/', headers: lines.flat(), agent: false };
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      const reason = response.headers['x-sallyport-reason'];
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, reason: [reason].flat().join(), body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

/** The last verdict in the log. */
function decisionOf({ log }: VectorServer): object {
  const fields = log.named('authz.decision').at(-1)?.fields;
  return { reason: fields?.['reason'], policy: fields?.['policy'], rule: fields?.['rule'] };
}

function wantedOf({ expected, request: { method } }: Vector): readonly object[] {
  const { effect, reason, policy, rule } = expected;
  const text = effect === 'allow' ? 'passed' : 'RBAC: access denied';
  const body = method === 'HEAD' ? '' : text;
  const answer = effect === 'allow' ? { status: 200, reason: '', body } : { status: 403, reason, body };
  return [answer, { reason, policy, rule }];
}

function seenOf({ expected }: TokenVector, { status, body }: Answer): object {
  return { status, ...(expected.body === undefined ? {} : { body }) };
}

function wantedOfToken({ expected: { status, body } }: TokenVector): object {
  return { status, ...(body === undefined ? {} : { body }) };
}

function compare(title: string, seen: unknown, wanted: unknown, wrong: string[]): void {
  const [left, right] = [seen, wanted].map((one) => JSON.stringify(one));
  if (left !== right) {
    wrong.push(`${title}: ${left} in place of ${right}`);
  }
}
