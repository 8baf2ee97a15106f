import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAdmin } from '../../../src/admin/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import type { IssuedCertificate } from '../../../src/issuer/index.ts';
import { freePorts } from '../../../src/lab/free-ports.ts';
import { callHttp } from '../../../src/lab/http-call.ts';
import {
  createLineLog,
  type EnvoyBinary,
  envoyArguments,
  type LineLog,
  readTrustBundle,
} from '../../../src/lab/index.ts';
import { readAccess } from '../../../src/lab/log-lines.ts';
import { readPem } from '../../../src/x509/index.ts';
import { type MeshPlan, type MeshPorts, PEERS, type Peer, writeMeshFiles } from './mesh-files.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');
const READY_MILLIS = 30_000;
const LIST_MAX = 10_000;

/** A request as the callee's access log tells it. */
export interface Arrival {
  readonly serial: string;
  readonly timeMillis: number;
}

/** A Sallyport and two Envoys that it gives their identities; each a process. */
export interface Mesh {
  /** The status of one request through both Envoys; rejects when none came. */
  call(): Promise<number>;
  /** Every request that reached the callee over mutual TLS, in order. */
  arrivals(): readonly Arrival[];
  /** Every certificate that was ever issued. */
  inventory(): Promise<readonly IssuedCertificate[]>;
  admin(operation: string, input?: unknown): Promise<unknown>;
  /** How many roots each Envoy trusts and the serial that it shows itself. */
  holdings(peer: Peer): Promise<{ readonly roots: number; readonly serial: string }>;
  signalSallyport(signal: 'SIGKILL' | 'SIGSTOP'): void;
  /** Resolves when it is ready. */
  startSallyport(): Promise<void>;
  close(): Promise<void>;
}

export async function startMesh(envoy: EnvoyBinary, plan: Omit<MeshPlan, 'version'>): Promise<Mesh> {
  const folder = mkdtempSync(join(tmpdir(), 'sp-rot-'));
  for (const name of ['run', 'entries']) {
    mkdirSync(join(folder, name));
  }
  const host = ownLoopback();
  const [outbound = 0, inbound = 0, callerAdmin = 0, calleeAdmin = 0] = await freePorts(host, 4);
  const ports: MeshPorts = { host, outbound, inbound, callerAdmin, calleeAdmin };
  writeMeshFiles(folder, { ...plan, version: envoy.version }, ports);
  const children: ChildProcess[] = [];
  const start = (command: string, args: readonly string[]): { child: ChildProcess; log: LineLog } => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createLineLog(systemClock);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => log.write(chunk));
    }
    children.push(child);
    return { child, log };
  };
  const close = async (): Promise<void> => {
    await Promise.all(children.map(killed));
    rmSync(folder, { recursive: true, force: true });
  };
  let sallyport: ChildProcess | undefined;
  const startSallyport = async (): Promise<void> => {
    const started = start(process.execPath, [MAIN, 'serve', '--config', join(folder, 'sallyport.yaml')]);
    sallyport = started.child;
    await readyLine(started.log);
  };
  try {
    await startSallyport();
    const logs = PEERS.map((peer) => start(envoy.path, envoyArguments(join(folder, `${peer}.json`))).log);
    const mesh = meshOf({
      folder,
      ports,
      calleeLog: logs[PEERS.indexOf('callee')] ?? createLineLog(systemClock),
    });
    await firstAnswer(mesh, logs);
    return {
      ...mesh,
      signalSallyport: (signal) => void sallyport?.kill(signal),
      startSallyport,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * An address that nobody else uses, from 127.0.0.0/8: a port that was free a moment ago on 127.0.0.1 may be the
 * source of some other mesh's new connection now.
 */
function ownLoopback(): string {
  return ['127', randomInt(1, 255), randomInt(1, 255), randomInt(1, 255)].join('.');
}

type Reach = Pick<Mesh, 'call' | 'arrivals' | 'inventory' | 'admin' | 'holdings'>;

function meshOf(parts: { folder: string; ports: MeshPorts; calleeLog: LineLog }): Reach {
  const { folder, ports, calleeLog } = parts;
  const admin: Mesh['admin'] = (operation, input = null) =>
    callAdmin(join(folder, 'state', 'admin.sock'), operation, input);
  return {
    admin,
    call: async () => (await callHttp({ host: ports.host, port: ports.outbound }, { path: '/' })).status,
    arrivals: () => calleeLog.lines().flatMap(arrivalOf),
    async inventory() {
      const listed = await admin('certs.list', { all: true, limit: LIST_MAX });
      return (listed as { readonly certificates: readonly IssuedCertificate[] }).certificates;
    },
    async holdings(peer) {
      const port = peer === 'caller' ? ports.callerAdmin : ports.calleeAdmin;
      const pem = await readTrustBundle({ host: ports.host, port });
      const { body } = await callHttp({ host: ports.host, port }, { path: '/certs' });
      // Before 1.40 this page shows one root of the SPIFFE validator, however many it has.
      const { certificates } = JSON.parse(body) as EnvoyCertificates;
      const chain = certificates.find(({ cert_chain }) => cert_chain.length > 0)?.cert_chain;
      return { roots: readPem(pem, 'CERTIFICATE').length, serial: chain?.[0]?.serial_number ?? '' };
    },
  };
}

interface EnvoyCertificates {
  readonly certificates: readonly {
    readonly cert_chain: readonly { readonly serial_number: string }[];
  }[];
}

function arrivalOf(line: string): readonly Arrival[] {
  const access = readAccess(line);
  if (access === undefined || access.peerSerial === '') {
    return [];
  }
  const { time } = JSON.parse(line) as { readonly time: string };
  return [{ serial: access.peerSerial.toLowerCase().replace(/^0+/, ''), timeMillis: Date.parse(time) }];
}

async function readyLine(log: LineLog): Promise<void> {
  const ready = await log.find((line) => (line.includes('"app.ready"') ? true : undefined), {
    timeoutMillis: READY_MILLIS,
  });
  if (ready === undefined) {
    throw new Error(`Sallyport did not get ready: ${log.lines().slice(-20).join('\n')}`);
  }
}

async function firstAnswer(mesh: Reach, logs: readonly LineLog[]): Promise<void> {
  const end = performance.now() + READY_MILLIS;
  while ((await mesh.call().catch(() => 0)) !== 200) {
    if (performance.now() > end) {
      throw new Error(`no request came through: ${logs.flatMap((log) => log.lines().slice(-10)).join('\n')}`);
    }
    await sleep(50);
  }
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('close', () => resolve());
    child.kill('SIGKILL');
  });
}
