import { expect, it } from 'vitest';
import { freePorts } from '../../src/lab/free-ports.ts';
import { compilePolicies, modeAt, type PeerMode, type Target } from '../../src/policy/index.ts';
import { opensslCa } from '../fakes/openssl-ca.ts';
import { makeSite } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { MESH, mustLoad, peerAuthentication } from '../unit/policy/load.ts';
import { ownSvid } from './own-svid.ts';
import { type Caller, callPeer } from './peer-call.ts';
import { startWorkloadEnvoy } from './workload-envoy.ts';

const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';

const MODES = ['STRICT', 'PERMISSIVE', 'DISABLE'] as const;

/** Every mode of a workload, with every exception of a port. */
const CASES = MODES.flatMap((mode) => [undefined, ...MODES].map((exception) => ({ mode, exception })));

/** What each kind of caller comes to: the workload, which is told its name, or nothing. */
const EXPECTED: Readonly<Record<PeerMode, Readonly<Record<string, string>>>> = {
  STRICT: { plain: 'refused', ours: FRONTEND, nobody: 'refused', stranger: 'refused' },
  PERMISSIVE: { plain: 'without a name', ours: FRONTEND, nobody: 'refused', stranger: 'refused' },
  DISABLE: { plain: 'without a name', ours: 'refused', nobody: 'refused', stranger: 'refused' },
};

/** The mode of a port by policies, as the command finds it. */
function modeOf(mode: PeerMode, port: number, exception: PeerMode | undefined): PeerMode {
  const ports = exception === undefined ? '' : `, portLevelMtls: { ${port}: { mode: ${exception} } }`;
  const yaml = peerAuthentication(
    `{ selector: { matchLabels: { app: orders } }, mtls: { mode: ${mode} }${ports} }`,
    'orders',
    'shop',
  );
  const target: Target = {
    namespace: 'shop',
    labels: new Map([['app', 'orders']]),
    kind: 'sidecar',
    gatewayName: undefined,
    services: [],
  };
  return modeAt(compilePolicies(mustLoad(yaml), MESH).forTarget(target).peerModes, port).mode;
}

async function outcome(port: number, caller: Caller): Promise<string> {
  const forged = { 'x-forwarded-client-cert': 'URI=spiffe://example.org/ns/a/sa/forged' };
  const { status, body } = await callPeer(port, caller, { headers: forged });
  if (status !== 200) {
    return 'refused';
  }
  const told: unknown = JSON.parse(body)['x-forwarded-client-cert'];
  return told === undefined ? 'without a name' : (/URI=(.*)$/.exec(String(told))?.[1] ?? String(told));
}

it.for(['1.36', '1.40'] as const)(
  'Envoy %s takes the connections of each mode, and of each exception of a port, alone',
  async (version, { task }) => {
    const site = makeSite();
    await start(site);
    const callers: Readonly<Record<string, Caller>> = {
      plain: 'plain',
      ours: { certificate: await ownSvid(site) },
      nobody: { certificate: undefined },
      stranger: { certificate: opensslCa('stranger').issue(`URI:${FRONTEND}`) },
    };
    const ports = await freePorts('127.0.0.1', CASES.length);
    const rows = CASES.map((one, index) => ({ ...one, port: ports[index] ?? 0 }));
    const envoy = await startWorkloadEnvoy(
      version,
      site,
      rows.map(({ mode, exception, port }) => ({
        port,
        mode: modeOf(mode, port, exception),
        transport: 'http',
        filters: [],
      })),
    );
    task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
    const outcomes = await Promise.all(
      rows.flatMap(({ mode, exception, port }) =>
        Object.entries(callers).map(async ([name, caller]) => [
          `${mode}, port ${exception ?? 'as the workload'}, ${name}`,
          await outcome(port, caller),
        ]),
      ),
    );
    const expected = CASES.flatMap(({ mode, exception }) =>
      Object.entries(EXPECTED[exception ?? mode]).map(([name, what]) => [
        `${mode}, port ${exception ?? 'as the workload'}, ${name}`,
        what,
      ]),
    );
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
    const failures = (port: number): number =>
      envoy
        .output()
        .split('\n')
        .filter((line) => line.includes('handshake_failed') && line.includes(`orders.${port}`)).length;
    const permissive = rows.find(({ mode, exception }) => mode === 'PERMISSIVE' && exception === undefined);
    await expect.poll(() => failures(permissive?.port ?? 0), { timeout: 5000 }).toBe(2);
  },
);
