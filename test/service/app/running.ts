import { onTestFinished } from 'vitest';
import { type RunningSallyport, startSallyport } from '../../../src/app/index.ts';
import { formatListenAddress, systemClock, systemRandom } from '../../../src/base/index.ts';
import type { DiscoveryResponse } from '../../../src/proto/index.ts';
import { callUnary } from '../grpc/call-unary.ts';
import type { Site } from './bed.ts';

/** A Sallyport in this process, with what it logs. */
export interface Running extends RunningSallyport {
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  logged(event: string): readonly Readonly<Record<string, unknown>>[];
}

export async function start(site: Site): Promise<Running> {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const running = await startSallyport({
    settingsPath: site.settingsPath,
    clock: systemClock,
    random: systemRandom,
    output: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  onTestFinished(() => running.stop());
  return { ...running, lines, logged: (event) => lines.filter((line) => line['event'] === event) };
}

export interface CheckAnswer {
  readonly status: { readonly code: number };
  readonly denied_response: {
    readonly status: { readonly code: string };
    readonly headers: readonly { readonly header: { readonly key: string; readonly value: string } }[];
  } | null;
}

/** Asks as an Envoy would that terminates mTLS for `frontend` and serves `orders`. */
export async function check(site: Site, path: string, method = 'GET'): Promise<CheckAnswer> {
  const attributes = {
    source: { principal: 'spiffe://example.org/ns/web/sa/frontend' },
    destination: { principal: 'spiffe://example.org/ns/shop/sa/orders' },
    request: {
      http: { method, path, host: 'orders', headers: { ':method': method, ':path': path } },
    },
  };
  return (await callUnary(site.path('run', 'authz.sock'), 'envoy.service.auth.v3.Authorization', 'Check', {
    attributes,
  })) as CheckAnswer;
}

export async function fetchSecrets(site: Site, names: readonly string[]): Promise<DiscoveryResponse> {
  const service = 'envoy.service.secret.v3.SecretDiscoveryService';
  const request = { resource_names: names };
  return (await callUnary(
    site.path('run', 'web.sock'),
    service,
    'FetchSecrets',
    request,
  )) as DiscoveryResponse;
}

export async function health(site: Site, socket: string): Promise<string> {
  const answer = await callUnary(site.path('run', socket), 'grpc.health.v1.Health', 'Check', {});
  return (answer as { readonly status: string }).status;
}

/** A token of the socket's caller, from the Workload API. */
export async function fetchToken(site: Site, socket: string, audience: string): Promise<string> {
  const answer = await callUnary(
    site.path('run', socket),
    'SpiffeWorkloadAPI',
    'FetchJWTSVID',
    { audience: [audience] },
    { 'workload.spiffe.io': 'true' },
  );
  return (answer as { readonly svids: readonly { readonly svid: string }[] }).svids[0]?.svid ?? '';
}

/** The base URL of the admin listener. */
export function adminUrl({ addresses }: RunningSallyport): string {
  const address = addresses.get('admin');
  return address === undefined ? 'http://nowhere.invalid' : `http://${formatListenAddress(address)}`;
}
