import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/envoy/index.ts';
import { jwksOf, makeToken } from '../fakes/token-issuer.ts';
import { makeSite, SETTINGS } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { contextExtensions, extAuthz, get, startHttpEnvoy } from './http-envoy.ts';

const STAFF = 'https://id.example.org';
const GUESTS = 'https://guests.example.org';
const NAMESPACE = 'envoy.filters.http.jwt_authn';
const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3';

const SITE = `${SETTINGS}profiles:
  silent: { like: sidecar, fallbackWorkload: shop/orders }
  payload: { like: sidecar, fallbackWorkload: shop/orders, jwtAuthnPayloads: [payload] }
  staff: { like: sidecar, fallbackWorkload: shop/orders, jwtAuthnPayloads: ["${STAFF}", "${GUESTS}"] }
  guests: { like: sidecar, fallbackWorkload: shop/orders, jwtAuthnPayloads: ["${GUESTS}", "${STAFF}"] }
  judged: { like: sidecar, fallbackWorkload: shop/judged, jwtAuthnPayloads: [payload] }
`;

const POLICIES = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: staff, namespace: shop }
spec:
  rules:
    - from: [{ source: { requestPrincipals: ["${STAFF}/ann"] } }]
      when:
        - { key: "request.auth.claims[realm][roles]", values: [reader] }
        - { key: "request.auth.claims[scope]", values: [orders] }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: users, namespace: shop }
spec:
  selector: { matchLabels: { app: judged } }
  jwtRules:
    - issuer: "${STAFF}"
      jwks: '${jwksOf('p256')}'
      audiences: [shop]
      fromHeaders: [{ name: x-kept, prefix: "" }]
`;

const WORKLOAD = `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: judged, namespace: shop }
spec: { address: 10.0.0.8, serviceAccount: judged, labels: { app: judged } }
`;

/** Envoy's filter with two issuers, each with a header of its own; what fails is let through without identity. */
function jwtAuthn(keyOf: (issuer: string) => string): JsonObject {
  const provider = (
    issuer: string,
    key: 'p256' | 'p256Other',
    name: string,
    forward: boolean,
  ): JsonObject => ({
    issuer,
    local_jwks: { inline_string: jwksOf(key) },
    from_headers: [{ name }],
    forward,
    payload_in_metadata: keyOf(issuer),
    failed_status_in_metadata: `failure-${name}`,
  });
  const optional = (provider_name: string): JsonObject => ({
    requires_any: { requirements: [{ provider_name }, { allow_missing_or_failed: {} }] },
  });
  return {
    name: NAMESPACE,
    typed_config: {
      '@type': `${TYPE}.JwtAuthentication`,
      providers: {
        guests: provider(GUESTS, 'p256Other', 'x-guest', false),
        staff: provider(STAFF, 'p256', 'x-staff', false),
        kept: provider(STAFF, 'p256', 'x-kept', true),
      },
      rules: [
        {
          match: { prefix: '/' },
          requires: { requires_all: { requirements: ['guests', 'staff', 'kept'].map(optional) } },
        },
      ],
    },
  };
}

const claims = {
  iss: STAFF,
  sub: 'ann',
  aud: 'shop',
  scope: 'mail orders',
  realm: { roles: ['guest', 'reader'] },
};
const ann = makeToken('p256', { payload: claims });
const eve = makeToken('p256', { payload: { ...claims, sub: 'eve' } });
const elsewhere = makeToken('p256', { payload: { ...claims, aud: 'elsewhere' } });
const forged = makeToken('p256Other', { header: { kid: 'p256' }, payload: claims });
const guest = makeToken('p256Other', { payload: { ...claims, iss: GUESTS } });
const told = JSON.stringify({ payload: claims, [STAFF]: claims });

type Headers = Readonly<Record<string, string>>;

/** Profile, headers, and what the client sees: behind a filter with the key `payload`, and with the issuers. */
const TABLE: readonly (readonly [
  name: string,
  profile: string,
  headers: Headers,
  common: string,
  byIssuer: string,
])[] = [
  ['not believed by default', 'silent', { 'x-staff': ann }, '403 denied_no_rule', '403 denied_no_rule'],
  ['believed by their key', 'payload', { 'x-staff': ann }, '200', '403 denied_no_rule'],
  ['believed by issuer', 'staff', { 'x-staff': ann }, '403 denied_no_rule', '200'],
  ['another subject', 'payload', { 'x-staff': eve }, '403 denied_no_rule', '403 denied_no_rule'],
  ['no token', 'payload', {}, '403 denied_no_rule', '403 denied_no_rule'],
  [
    'a forged token leaves a failure and no claims',
    'payload',
    { 'x-staff': forged },
    '403 denied_no_rule',
    '403 denied_no_rule',
  ],
  ['two, staff first', 'staff', { 'x-staff': ann, 'x-guest': guest }, '403 denied_no_rule', '200'],
  [
    'two, guests first',
    'guests',
    { 'x-staff': ann, 'x-guest': guest },
    '403 denied_no_rule',
    '403 denied_no_rule',
  ],
  [
    'told by the client',
    'payload',
    { payload: told, [NAMESPACE]: told, 'x-jwt-payload': told },
    '403 denied_no_rule',
    '403 denied_no_rule',
  ],
  [
    'beside a RequestAuthentication that finds no token',
    'judged',
    { 'x-staff': ann },
    '200',
    '403 denied_no_rule',
  ],
  ['beside one that takes another token', 'judged', { 'x-staff': eve, 'x-kept': ann }, '200', '200'],
  [
    'beside one that refuses its token',
    'judged',
    { 'x-staff': ann, 'x-kept': elsewhere },
    '403 token_audience',
    '403 token_audience',
  ],
];

it.for(['1.36', '1.40'] as const)('claims that jwt_authn verified, Envoy %s', async (version, { task }) => {
  const site = makeSite(SITE);
  site.write('policies/readers.yaml', POLICIES);
  site.write('workloads/judged.yaml', WORKLOAD);
  await start(site);
  const routes = Object.fromEntries(
    ['silent', 'payload', 'staff', 'guests', 'judged'].map((profile) => [
      `/${profile}`,
      contextExtensions({ 'sallyport.profile': profile }),
    ]),
  );
  const fronts = [() => 'payload', (issuer: string) => issuer].map((keyOf) => ({
    filters: [jwtAuthn(keyOf), extAuthz({ metadata_context_namespaces: [NAMESPACE] })],
    routes,
  }));
  const envoy = await startHttpEnvoy(version, site.path('run', 'authz.sock'), fronts);
  task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
  const seen = await Promise.all(
    TABLE.map(async ([name, profile, headers]) => [
      name,
      ...(await Promise.all(
        envoy.ports.map(async (port) => {
          const answer = await get(port, `/${profile}`, headers);
          return `${answer.status} ${answer.headers['x-sallyport-reason'] ?? ''}`.trim();
        }),
      )),
    ]),
  );
  expect(seen).toEqual(TABLE.map(([name, , , ...expected]) => [name, ...expected]));
});
