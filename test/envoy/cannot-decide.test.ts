import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { makeToken } from '../fakes/token-issuer.ts';
import { makeSite, SETTINGS } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { contextExtensions, extAuthz, get, startHttpEnvoy } from './http-envoy.ts';

const AUTHORIZATION = `Bearer ${makeToken('p256', { payload: { iss: 'https://id.example.org', sub: 'ann' } })}`;

const KINDS = ['deny503', 'deny401', 'errorResponse', 'unavailable'] as const;

/** How the filter is set: Envoy's default, open on failure, and as Sallyport writes it. */
const FILTERS = [
  { failure_mode_allow: false },
  { failure_mode_allow: true },
  { failure_mode_allow: false, status_on_error: { code: 'ServiceUnavailable' } },
];

/**
 * What the client of a request without a verdict sees; `passed` is an allow. A reply in a field that Envoy 1.36
 * does not know (`error_response`) is a denial to it; a gRPC error is a failure to all.
 */
const TABLE = {
  '1.36': {
    deny503: ['503 keys_unavailable', '503 keys_unavailable', '503 keys_unavailable'],
    deny401: ['401 keys_unavailable', '401 keys_unavailable', '401 keys_unavailable'],
    errorResponse: ['403', '403', '403'],
    unavailable: ['403', 'passed', '503'],
  },
  '1.40': {
    deny503: ['503 keys_unavailable', '503 keys_unavailable', '503 keys_unavailable'],
    deny401: ['401 keys_unavailable', '401 keys_unavailable', '401 keys_unavailable'],
    errorResponse: ['503 keys_unavailable', 'passed', '503 keys_unavailable'],
    unavailable: ['403', 'passed', '503'],
  },
} as const;

/** A key server that takes requests and never answers. */
async function silentKeyServer(): Promise<number> {
  const server: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function settings(): string {
  const profiles = KINDS.map(
    (kind) =>
      `  ${kind.toLowerCase()}: { like: sidecar, cannotDecide: ${kind}, waitMax: 50ms, fallbackWorkload: shop/orders }\n`,
  );
  const patient = '  patient: { like: sidecar, fallbackWorkload: shop/orders }\n';
  const keys = 'keys: { allowHttp: true, allowCidrs: [127.0.0.1], timeout: 1m }\n';
  return `${SETTINGS}${keys}profiles:\n${patient}${profiles.join('')}`;
}

function policies(keysPort: number): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: anybody, namespace: shop }
spec: { rules: [{}] }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: users, namespace: shop }
spec: { jwtRules: [{ issuer: "https://id.example.org", jwksUri: "http://127.0.0.1:${keysPort}/keys" }] }
`;
}

it.for(['1.36', '1.40'] as const)(
  'what a client sees without a verdict, Envoy %s',
  async (version, { task }) => {
    const site = makeSite(settings());
    site.write('policies/readers.yaml', policies(await silentKeyServer()));
    const sallyport = await start(site);
    expect(sallyport.logged('config.problem').map(({ code, path }) => [code, path])).toEqual([
      ['ERR_LINT_CANNOT_DECIDE', 'profiles.errorresponse.cannotDecide'],
      ['ERR_LINT_CANNOT_DECIDE', 'profiles.unavailable.cannotDecide'],
    ]);
    const routes = Object.fromEntries(
      KINDS.map((kind) => [`/${kind}`, contextExtensions({ 'sallyport.profile': kind.toLowerCase() })]),
    );
    const fronts = FILTERS.map((fields) => ({ filters: [extAuthz(fields)], routes }));
    const envoy = await startHttpEnvoy(version, site.path('run', 'authz.sock'), fronts);
    task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
    const seen: Record<string, string[]> = {};
    for (const kind of KINDS) {
      seen[kind] = [];
      for (const port of envoy.ports) {
        expect((await get(port, `/${kind}`)).status, 'without a token').toBe(200);
        const { status, headers, body } = await get(port, `/${kind}`, { authorization: AUTHORIZATION });
        const reason = headers['x-sallyport-reason'] ?? '';
        seen[kind].push(body === 'passed' ? body : `${status} ${reason}`.trim());
      }
    }
    expect(seen).toEqual(TABLE[version]);
    const undecided = sallyport
      .logged('authz.decision')
      .filter(({ reason }) => reason === 'keys_unavailable');
    expect(undecided).toHaveLength(KINDS.length * FILTERS.length);
  },
);

it('a profile as it is by default answers within the 200 ms that an Envoy waits by default', async ({
  task,
}) => {
  const site = makeSite(settings());
  site.write('policies/readers.yaml', policies(await silentKeyServer()));
  await start(site);
  const routes = { '/patient': contextExtensions({ 'sallyport.profile': 'patient' }) };
  const impatient = extAuthz({ grpc_service: { envoy_grpc: { cluster_name: 'sallyport' } } });
  const envoy = await startHttpEnvoy('1.40', site.path('run', 'authz.sock'), [
    { filters: [impatient], routes },
  ]);
  task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
  // A machine that is busy elsewhere may lose the 20 ms that are left for the way back: one answer in time is enough.
  const see = async (): Promise<string> => {
    const { status, headers } = await get(envoy.ports[0] ?? 0, '/patient', { authorization: AUTHORIZATION });
    return `${status} ${headers['x-sallyport-reason'] ?? ''}`.trim();
  };
  await expect.poll(see, { timeout: 10_000, interval: 10 }).toBe('503 keys_unavailable');
});
