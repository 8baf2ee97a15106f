import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAdmin } from '../../src/admin/index.ts';
import type { AuthorityView } from '../../src/issuer/index.ts';
import { checkLatencies } from './check-latencies.ts';
import { writeSite } from './stream-site.ts';

/**
 * Ten thousand open SDS streams, each with an identity of its own, at one Sallyport in a process of its own, as it is
 * installed (`npm run build` first): what they take of memory, how long until a new bundle and a new certificate
 * have reached every one of them, and how long Checks take meanwhile. Beside the seconds of the clock stand those of the
 * processor that Sallyport used.
 * Usage: node bench/identity/streams.ts [streams]
 */
const COUNT = Number(process.argv[2] ?? 10_000);
/** See the Dockerfile. */
const AS_IN_THE_IMAGE = ['--max-semi-space-size=4'];

const folder = mkdtempSync(join(tmpdir(), 'sp-streams-'));
const settings = writeSite(folder, COUNT);
const admin = (operation: string, input: unknown = null): Promise<unknown> =>
  callAdmin(join(folder, 'state', 'admin.sock'), operation, input);
const children: ChildProcess[] = [];
try {
  const sallyport = start('../../dist/cli/start.js', ['serve', '--config', settings], AS_IN_THE_IMAGE);
  await ready();
  print('memory without streams, MiB', memoryOf(sallyport));
  const opening = performance.now();
  const client = start('./stream-client.ts', [folder, String(COUNT)]);
  const lines = createInterface({ input: client.stdout ?? process.stdin })[Symbol.asyncIterator]();
  await next(lines, 'open');
  print('streams open and served, seconds', (performance.now() - opening) / 1000);
  print('memory, MiB', memoryOf(sallyport));
  await sleep(2000);
  const quiet = await checkLatencies(join(folder, 'run', 'authz.sock'), sleep(5000));
  print('Check while nothing happens, p50, milliseconds', quiet.p50);
  print('Check while nothing happens, p99, milliseconds', quiet.p99);

  const push = await untilAllHave('bundle', () => admin('authority.prepare', { kind: 'root' }));
  print('a new bundle at every stream, seconds', push.clock);
  print('a new bundle at every stream, processor seconds', push.processor);
  const views = (await admin('authority.show')) as readonly AuthorityView[];
  const old = views.find(({ kind, status }) => kind === 'root' && status === 'active')?.id;
  await admin('authority.activate', { kind: 'root' });
  const tainting = untilAllHave('identity', () => admin('authority.taint', { id: old }));
  const busy = await checkLatencies(join(folder, 'run', 'authz.sock'), tainting);
  const taint = await tainting;
  print('a new certificate at every stream after a taint, seconds', taint.clock);
  print('a new certificate at every stream after a taint, processor seconds', taint.processor);
  print('Check meanwhile, p50, milliseconds', busy.p50);
  print('Check meanwhile, p99, milliseconds', busy.p99);
  print('memory at its most, MiB', memoryOf(sallyport, 'VmHWM'));

  async function untilAllHave(
    kind: 'identity' | 'bundle',
    work: () => Promise<unknown>,
  ): Promise<{ readonly clock: number; readonly processor: number }> {
    client.stdin?.write(`${kind}\n`);
    await next(lines, 'watching');
    const started = Date.now();
    const before = processorSeconds(sallyport);
    await work();
    const { timeMillis } = await next(lines, 'all');
    return {
      clock: ((timeMillis ?? Number.NaN) - started) / 1000,
      processor: processorSeconds(sallyport) - before,
    };
  }
} finally {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
}

function start(script: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  const path = join(import.meta.dirname, script);
  const child = spawn(process.execPath, [...flags, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function ready(): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await admin('bundle.show').catch(() => undefined)) {
      return;
    }
    await sleep(100);
  }
  throw new Error('Sallyport does not get ready');
}

interface ClientLine {
  readonly event: string;
  readonly timeMillis?: number;
}

async function next(lines: AsyncIterator<string>, event: string): Promise<ClientLine> {
  const { value, done } = await lines.next();
  const line = done === true ? { event: 'the client ended' } : (JSON.parse(value) as ClientLine);
  if (line.event !== event) {
    throw new Error(`\`${line.event}\` in place of \`${event}\``);
  }
  return line;
}

function memoryOf({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Of all its threads, in ticks of 10 ms. */
function processorSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function print(label: string, value: number): void {
  process.stdout.write(`${label}: ${value.toFixed(2)}\n`);
}
