import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import {
  type AuthzProfile,
  type CheckCall,
  type DecisionRecord,
  decide,
  type Outcome,
  type Provider,
  type Snapshot,
} from '../../../src/authz/index.ts';
import { profilesOptions } from '../../../src/authz/options.ts';
import { formatDiagnostic } from '../../../src/base/index.ts';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { importKeySet, type KeySetState } from '../../../src/jwt/index.ts';
import { readManifests } from '../../../src/manifest/index.ts';
import {
  compilePolicies,
  keySetSources,
  loadPolicies,
  type MeshSettings,
} from '../../../src/policy/index.ts';
import { loadDirectory } from '../../../src/workload/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';

const trustDomain = parseTrustDomain('example.org');

export const NOW_SECONDS = 1_800_000_000;

export const WORKLOADS = `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: shop, name: orders }
spec: { address: 10.0.0.8, serviceAccount: orders, labels: { app: orders } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { namespace: web, name: frontend }
spec: { address: 10.0.0.7, serviceAccount: frontend, labels: { app: frontend } }
`;

export const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';
export const ORDERS = 'spiffe://example.org/ns/shop/sa/orders';

/** A policy of `shop` for every workload there. */
export function policy(
  action: 'ALLOW' | 'DENY' | 'CUSTOM',
  rules: string,
  name = 'p',
  provider?: string,
): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { namespace: shop, name: ${name} }
spec: { action: ${action}, ${provider === undefined ? '' : `provider: { name: ${provider} }, `}rules: ${rules} }
---`;
}

export interface SnapshotOptions {
  readonly policies?: string;
  readonly workloads?: string;
  readonly mesh?: MeshSettings;
  readonly profiles?: object;
  readonly providers?: readonly Provider[];
  /** Key sets that are fetched, by their id; inline ones are always there. */
  readonly fetched?: ReadonlyMap<string, KeySetState>;
  readonly trust?: Snapshot['trust'];
  readonly isRevoked?: Snapshot['isRevoked'];
}

export function snapshotOf(options: SnapshotOptions = {}): Snapshot {
  const mesh = options.mesh ?? { trustDomain, trustDomainAliases: [], rootNamespace: 'istio-system' };
  const policies = compilePolicies(checkedValue(loadPolicies(objectsOf(options.policies ?? ''), mesh)), mesh);
  const sources = new Map(keySetSources(policies).map((source) => [source.keySetId, source]));
  return {
    version: 'test',
    policies,
    directory: checkedValue(loadDirectory(objectsOf(options.workloads ?? WORKLOADS), mesh)),
    keys: {
      keySet(keySetId) {
        const source = sources.get(keySetId);
        const fetched = options.fetched?.get(keySetId);
        return source?.kind === 'inline' ? inline(source.jwks) : (fetched ?? { state: 'missing' });
      },
    },
    tokenCache: undefined,
    profiles: profilesOptions.parse(options.profiles ?? {}),
    providers: new Map((options.providers ?? []).map((provider) => [provider.name, provider])),
    trust: options.trust,
    isRevoked: options.isRevoked ?? (() => false),
  };
}

export function inline(jwks: string): KeySetState {
  const imported = importKeySet(jwks, { allowSymmetric: true });
  return imported.ok
    ? { state: 'ready', version: imported.version, keys: imported.keys }
    : { state: 'unusable' };
}

export function profileOf(kind: string, changes: object = {}): AuthzProfile {
  const profile = profilesOptions.parse({ [kind]: changes }).get(kind);
  if (profile === undefined) {
    throw new Error(`no profile ${kind}`);
  }
  return profile;
}

export function callOf(bytes: Uint8Array, options: CallOptions = {}): CheckCall {
  const metadata = new Map(Object.entries(options.metadata ?? {}));
  return {
    bytes,
    profile: options.profile ?? profileOf('sidecar'),
    metadata: (name) => metadata.get(name) ?? [],
    nowSeconds: NOW_SECONDS,
  };
}

export interface CallOptions {
  readonly profile?: AuthzProfile;
  readonly metadata?: Readonly<Record<string, readonly string[]>>;
}

/** What Envoy would make of the reply: `status.code` alone decides. */
export interface Seen {
  readonly isAllowed: boolean;
  readonly reason: string;
  readonly record: DecisionRecord;
  readonly reply: CheckResponse;
}

export interface CheckResponse {
  readonly status: { readonly code: number; readonly message: string } | null;
  readonly http_response?: string;
  readonly ok_response?: {
    readonly headers: readonly HeaderOption[];
    readonly headers_to_remove: readonly string[];
    readonly query_parameters_to_remove: readonly string[];
  };
  readonly denied_response?: {
    readonly status: { readonly code: string };
    readonly headers: readonly HeaderOption[];
    readonly body: string;
  };
  readonly dynamic_metadata: {
    readonly fields: Readonly<
      Record<string, { readonly stringValue?: string; readonly numberValue?: number }>
    >;
  } | null;
}

interface HeaderOption {
  readonly header: { readonly key: string; readonly value: string };
  readonly append: { readonly value: boolean };
  readonly append_action: string;
}

export function decodeReply(bytes: Uint8Array): CheckResponse {
  return testDefinitions().decodeMessage('envoy.service.auth.v3.CheckResponse', bytes) as CheckResponse;
}

export function see(outcome: Outcome): Seen {
  if (outcome.kind !== 'reply') {
    throw new Error(`no reply but ${outcome.kind}`);
  }
  const { record, bytes } = outcome;
  const reply = decodeReply(bytes);
  return { isAllowed: (reply.status?.code ?? 0) === 0, reason: record.reason, record, reply };
}

export function encodeCheck(attributes: object): Buffer {
  return Buffer.from(testDefinitions().encodeMessage('envoy.service.auth.v3.CheckRequest', { attributes }));
}

export interface Ask extends CallOptions {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** One line of each name, or several; as Envoy sends them line by line unless `encoding` says otherwise. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly encoding?: 'map' | 'lines';
  readonly source?: object;
  readonly destination?: object;
  readonly extensions?: Readonly<Record<string, string>>;
  readonly attributes?: object;
}

/** The attributes of a request from frontend to orders, as far as `ask` does not say otherwise. */
export function attributesOf(ask: Ask = {}): object {
  const { method = 'GET', path = '/orders', host = 'orders.shop' } = ask;
  const lines: readonly (readonly [string, string])[] = [
    [':method', method],
    ...(path === '' ? [] : [[':path', path] as const]),
    [':authority', host],
    [':scheme', 'https'],
    ...Object.entries(ask.headers ?? {}).flatMap(([name, value]) =>
      [value].flat().map((line) => [name, line] as const),
    ),
  ];
  const headers =
    ask.encoding === 'map'
      ? {
          headers: Object.fromEntries(
            [...Map.groupBy(lines, ([name]) => name)].map(([name, all]) => [
              name,
              all.map(([, value]) => value).join(','),
            ]),
          ),
        }
      : { header_map: { headers: lines.map(([key, value]) => ({ key, raw_value: Buffer.from(value) })) } };
  return {
    source: { principal: FRONTEND, address: socket('10.0.0.7', 40_000), ...ask.source },
    destination: { principal: ORDERS, address: socket('10.0.0.8', 8080), ...ask.destination },
    request: { time: { seconds: 1 }, http: { id: '1', method, path, host, scheme: 'https', ...headers } },
    context_extensions: ask.extensions ?? {},
    ...ask.attributes,
  };
}

export function socket(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}

export function ask(snapshot: Snapshot, request: Ask = {}): Seen {
  return see(decide(callOf(encodeCheck(attributesOf(request)), request), snapshot));
}

/** A signing key and the JWKS text that verifies it. */
export async function tokenIssuer(): Promise<{
  readonly jwks: string;
  sign(claims: object, header?: object): Promise<string>;
  /** A payload as it is written, for what no object can say. */
  signText(payload: string): Promise<string>;
}> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  const signed = (payload: string, header: object = {}): Promise<string> =>
    new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
      .sign(privateKey);
  return {
    jwks: JSON.stringify({ keys: [jwk] }),
    sign: (claims, header) => signed(JSON.stringify(claims), header),
    signText: (payload) => signed(payload),
  };
}

function objectsOf(yaml: string): Parameters<typeof loadPolicies>[0] {
  const checked = readManifests([{ path: 'test.yaml', text: yaml }]);
  return checkedValue(checked);
}

function checkedValue<T>(checked: {
  readonly value: T | undefined;
  readonly diagnostics: readonly Parameters<typeof formatDiagnostic>[0][];
}): T {
  const errors = checked.diagnostics.filter(({ severity }) => severity === 'error');
  if (checked.value === undefined || errors.length > 0) {
    throw new Error(errors.map(formatDiagnostic).join('\n'));
  }
  return checked.value;
}
