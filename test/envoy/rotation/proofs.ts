import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthorityView } from '../../../src/issuer/index.ts';
import type { Mesh } from './mesh.ts';
import { PEERS } from './mesh-files.ts';
import { startTraffic, type Traffic } from './traffic.ts';

/** What a run showed: it is a proof when there are no problems. */
export interface Proof {
  readonly requests: number;
  /** Different certificates of the caller that the callee saw. */
  readonly serials: number;
  readonly problems: readonly string[];
  readonly note?: string;
}

/** TTL 10 s: certificates are renewed every 4 to 5 s. */
const ROTATION_MILLIS_MAX = 7000;
const STEP_MILLIS_MAX = 20_000;
const OUTAGE_MILLIS = 2500;

/** Requests without a break until the caller's certificate has changed so often. */
export async function proveRotations(mesh: Mesh, rotations: number): Promise<Proof> {
  const traffic = startTraffic(mesh);
  await until(() => serialsOf(mesh) > rotations || traffic.isHopeless(), rotations * ROTATION_MILLIS_MAX);
  return judge(mesh, traffic, rotations);
}

/** Requests without a break while the root is replaced by hand: prepare, activate, taint, revoke. */
export async function proveForcedRoot(mesh: Mesh): Promise<Proof> {
  const traffic = startTraffic(mesh);
  const problems: string[] = [];
  const settled = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    if (!(await until(isSo, STEP_MILLIS_MAX))) {
      problems.push(`not after ${STEP_MILLIS_MAX / 1000} s: ${what}`);
    }
  };
  const trusting = (roots: number) => async (): Promise<boolean> =>
    (await Promise.all(PEERS.map(mesh.holdings))).every((holding) => holding.roots === roots);
  const old = await activeRoot(mesh);
  await mesh.admin('authority.prepare', { kind: 'root' });
  await settled('both Envoys trust both roots', trusting(2));
  const before = await Promise.all(PEERS.map(mesh.holdings));
  await mesh.admin('authority.activate', { kind: 'root' });
  await mesh.admin('authority.taint', { id: old });
  await settled('both Envoys show other certificates', async () => {
    const now = await Promise.all(PEERS.map(mesh.holdings));
    return now.every(({ serial }, index) => serial !== before[index]?.serial);
  });
  // Refused while a stream has not acknowledged what it was sent.
  await settled('the old root can be revoked', () =>
    mesh.admin('authority.revoke', { id: old }).then(
      () => true,
      () => false,
    ),
  );
  await settled('both Envoys trust the new root alone', trusting(1));
  await sleep(1000);
  const proof = await judge(mesh, traffic, 1);
  return { ...proof, problems: [...proof.problems, ...problems] };
}

/** Requests without a break while Sallyport is killed, is away for a while, and renews again. */
export async function proveOutage(mesh: Mesh): Promise<Proof> {
  const traffic = startTraffic(mesh);
  await sleep(1000);
  mesh.signalSallyport('SIGKILL');
  await sleep(OUTAGE_MILLIS);
  await mesh.startSallyport();
  const back = Date.now();
  await until(() => serialsOf(mesh) > 1, STEP_MILLIS_MAX);
  await sleep(1000);
  const [first] = mesh.arrivals();
  const renewed = mesh.arrivals().find(({ serial }) => serial !== first?.serial)?.timeMillis ?? Number.NaN;
  const note = `the next certificate came ${((renewed - back) / 1000).toFixed(1)} s after it was back`;
  return { ...(await judge(mesh, traffic, 1)), note };
}

/** The certificate is never renewed, and the judge must find that out. */
export async function proveControl(mesh: Mesh): Promise<Proof> {
  mesh.signalSallyport('SIGSTOP');
  const traffic = startTraffic(mesh);
  await until(() => traffic.isHopeless(), STEP_MILLIS_MAX);
  const { requests, failures } = await traffic.stop();
  return { requests, serials: serialsOf(mesh), problems: failures };
}

async function judge(mesh: Mesh, traffic: Traffic, rotations: number): Promise<Proof> {
  const { requests, failures } = await traffic.stop();
  const ends = new Map(
    (await mesh.inventory()).map(({ serial, notAfterSeconds }) => [serial, notAfterSeconds * 1000]),
  );
  const arrivals = mesh.arrivals();
  const past = arrivals.filter(({ serial, timeMillis }) => timeMillis > (ends.get(serial) ?? 0));
  const serials = serialsOf(mesh);
  return {
    requests,
    serials,
    problems: [
      ...(failures.length === 0 ? [] : [`${failures.length} of ${requests} failed, first ${failures[0]}`]),
      ...(past.length === 0 ? [] : [`${past.length} came with a certificate past its end or unknown`]),
      ...(serials > rotations
        ? []
        : [`the certificate changed ${serials - 1} times in place of ${rotations}`]),
      ...(arrivals.length >= requests - failures.length ? [] : ['requests that no access log shows']),
    ],
  };
}

function serialsOf(mesh: Mesh): number {
  return new Set(mesh.arrivals().map(({ serial }) => serial)).size;
}

async function activeRoot(mesh: Mesh): Promise<string> {
  const views = (await mesh.admin('authority.show')) as readonly AuthorityView[];
  return views.find(({ kind, status }) => kind === 'root' && status === 'active')?.id ?? '';
}

/** Whether it came to be so in time. */
async function until(isSo: () => boolean | Promise<boolean>, millisMax: number): Promise<boolean> {
  const end = performance.now() + millisMax;
  while (!(await isSo())) {
    if (performance.now() > end) {
      return false;
    }
    await sleep(100);
  }
  return true;
}
