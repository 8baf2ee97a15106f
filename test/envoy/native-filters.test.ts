import { expect, it } from 'vitest';
import { nativeFilters } from '../../src/envoy/index.ts';
import { freePorts } from '../../src/lab/free-ports.ts';
import { compilePolicies, type Target } from '../../src/policy/index.ts';
import { jwksOf, makeToken } from '../fakes/token-issuer.ts';
import { makeSite } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { authorization, MESH, mustLoad, requestAuthentication } from '../unit/policy/load.ts';
import { ownSvid } from './own-svid.ts';
import { type Caller, callPeer, type PeerCall } from './peer-call.ts';
import { startWorkloadEnvoy } from './workload-envoy.ts';

/** Over Envoy's own bound for an expression, which refuses the whole listener. */
const LONG = 'an-account-with-a-name-that-is-as-long-as-they-come-in-large-companies-with-many-teams';

const ISSUER = 'https://issuer.example';

const allow = (rules: string, name: string) => authorization(`{ rules: [${rules}] }`, name, 'shop');
const deny = (rules: string, name: string) =>
  authorization(`{ action: DENY, rules: [${rules}] }`, name, 'shop');
const dryRun = (text: string) =>
  text.replace('metadata: { ', 'metadata: { annotations: { istio.io/dry-run: "true" }, ');

const RULES = [
  allow(
    `{ from: [{ source: { principals: [example.org/ns/web/sa/frontend] } }],
       to: [{ operation: { paths: [/orders, "/items/{*}/parts"], methods: [GET] } }] }`,
    'readers',
  ),
  allow(`{ from: [{ source: { serviceAccounts: [web/${LONG}] } }] }`, 'long'),
  allow('{ to: [{ operation: { hosts: ["*.Shop.example"] } }] }', 'hosts'),
  allow(
    '{ to: [{ operation: { paths: [/team] } }], when: [{ key: "request.headers[X-Team]", values: [edge] }] }',
    'team',
  ),
  allow(
    '{ from: [{ source: { remoteIpBlocks: [203.0.113.0/24], ipBlocks: [127.0.0.0/8] } }], to: [{ operation: { paths: [/near] } }] }',
    'near',
  ),
  allow(
    '{ from: [{ source: { ipBlocks: [203.0.113.0/24] } }], to: [{ operation: { paths: [/near] } }] }',
    'peers',
  ),
  deny('{ to: [{ operation: { paths: ["/orders/internal*"] } }] }', 'closed'),
  allow('{ to: [{ operation: { paths: [/orders/internal] } }] }', 'beaten'),
  authorization('{ action: AUDIT, rules: [{}] }', 'watched', 'shop'),
  dryRun(deny('{}', 'try-deny')),
  dryRun(allow('{}', 'try-allow')),
  requestAuthentication(
    JSON.stringify({
      jwtRules: [
        {
          issuer: ISSUER,
          jwks: jwksOf('p256'),
          audiences: ['orders'],
          outputClaimToHeaders: [{ header: 'x-user', claim: 'sub' }],
        },
      ],
    }),
    'tokens',
    'shop',
  ),
  allow(
    `{ from: [{ source: { requestPrincipals: ["${ISSUER}/alice"] } }], to: [{ operation: { paths: [/account] } }] }`,
    'users',
  ),
  allow(
    '{ to: [{ operation: { paths: [/reports] } }], when: [{ key: "request.auth.claims[realm][roles]", values: [admin] }] }',
    'admins',
  ),
];

/** Policies of each port. */
const PORTS = {
  rules: { transport: 'http', policies: RULES },
  'dry run alone': {
    transport: 'http',
    policies: [dryRun(allow('{ to: [{ operation: { paths: [/a] } }] }', 'try'))],
  },
  'an ALLOW without rules': { transport: 'http', policies: [authorization('{}', 'nothing', 'shop')] },
  connections: {
    transport: 'tcp',
    policies: [
      allow('{ from: [{ source: { principals: ["example.org/ns/web/*"] } }] }', 'web'),
      allow('{ to: [{ operation: { paths: ["/orders"] } }] }', 'http-alone'),
      deny('{ when: [{ key: connection.sni, values: ["*.closed.example"] }] }', 'names'),
    ],
  },
  'connections by a DENY for HTTP': {
    transport: 'tcp',
    policies: [deny('{ to: [{ operation: { paths: [/x] } }] }', 'x')],
  },
  'a waypoint': {
    transport: 'http',
    policies: [
      allow('{ from: [{ source: { principals: ["example.org/ns/web/*"], notNamespaces: [db] } }] }', 'web'),
    ],
  },
} as const satisfies Record<string, { transport: 'http' | 'tcp'; policies: readonly string[] }>;

/** Leaves a name where a waypoint's outer listener would; the test's header stands for that one. */
const PEER_INTO_FILTER_STATE = {
  name: 'envoy.filters.http.set_filter_state',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config',
    on_request_headers: [
      {
        object_key: 'io.istio.peer_principal',
        factory_key: 'envoy.string',
        format_string: { text_format_source: { inline_string: '%REQ(X-OUTER-PEER)%' } },
        skip_if_empty: true,
      },
    ],
  },
};

type PortName = keyof typeof PORTS;

const now = Math.floor(Date.now() / 1000);
const token = (payload: object, key: 'p256' | 'p256Other' = 'p256') => ({
  authorization: `Bearer ${makeToken(key, {
    payload: { iss: ISSUER, aud: 'orders', sub: 'alice', exp: now + 600, ...payload },
  })}`,
});

const forwardedFor = (list: string): PeerCall => ({ path: '/near', headers: { 'x-forwarded-for': list } });
const outerPeer = (name: string): PeerCall => ({ headers: { 'x-outer-peer': name } });

const ROWS: readonly (readonly [string, PortName, 'plain' | 'frontend', PeerCall, string])[] = [
  ['ALLOW by principal and path', 'rules', 'frontend', { path: '/orders?x=1' }, '200'],
  ['the same in plain text', 'rules', 'plain', { path: '/orders' }, '403 RBAC: access denied'],
  ['another method', 'rules', 'frontend', { path: '/orders', method: 'DELETE' }, '403 RBAC: access denied'],
  ['a template', 'rules', 'frontend', { path: '/items/7/parts' }, '200'],
  [
    'a template with one segment more',
    'rules',
    'frontend',
    { path: '/items/7/8/parts' },
    '403 RBAC: access denied',
  ],
  ['dots that normalise to a path that is allowed', 'rules', 'frontend', { path: '/x/../orders' }, '200'],
  ['DENY before ALLOW', 'rules', 'frontend', { path: '/orders/internal' }, '403 RBAC: access denied'],
  ['a host in another case', 'rules', 'plain', { headers: { host: 'A.SHOP.EXAMPLE' } }, '200'],
  [
    'a host with a port',
    'rules',
    'plain',
    { headers: { host: 'a.shop.example:80' } },
    '403 RBAC: access denied',
  ],
  ['a header', 'rules', 'plain', { path: '/team', headers: { 'x-team': 'edge' } }, '200'],
  [
    'a header of another value',
    'rules',
    'plain',
    { path: '/team', headers: { 'x-team': 'Edge' } },
    '403 RBAC: access denied',
  ],
  ['the last address of X-Forwarded-For', 'rules', 'plain', forwardedFor('10.0.0.1, 203.0.113.9'), '200'],
  [
    'an address before the last',
    'rules',
    'plain',
    forwardedFor('203.0.113.9, 10.0.0.1'),
    '403 RBAC: access denied',
  ],
  ['the address of the peer', 'rules', 'plain', { path: '/near' }, '403 RBAC: access denied'],
  ['no token', 'rules', 'plain', { path: '/account' }, '403 RBAC: access denied'],
  [
    'a token',
    'rules',
    'plain',
    { path: '/account', headers: { ...token({}), 'x-user': 'forged' } },
    '200 alice',
  ],
  [
    'the token of another subject',
    'rules',
    'plain',
    { path: '/account', headers: token({ sub: 'bob' }) },
    '403 RBAC: access denied',
  ],
  [
    'an expired token',
    'rules',
    'plain',
    { path: '/account', headers: token({ exp: now - 61 }) },
    '401 Jwt is expired',
  ],
  [
    'a token that ended within the skew of clocks',
    'rules',
    'plain',
    { path: '/account', headers: token({ exp: now - 30 }) },
    '200 alice',
  ],
  [
    'a token for another audience',
    'rules',
    'plain',
    { path: '/account', headers: token({ aud: 'x' }) },
    '403 Audiences in Jwt are not allowed',
  ],
  [
    'a token by another key',
    'rules',
    'plain',
    { path: '/account', headers: token({}, 'p256Other') },
    "401 Jwks doesn't have key to match kid or alg from Jwt",
  ],
  [
    'a claim in a list',
    'rules',
    'plain',
    { path: '/reports', headers: token({ realm: { roles: ['x', 'admin'] } }) },
    '200 alice',
  ],
  [
    'a claim that is a number',
    'rules',
    'plain',
    { path: '/reports', headers: token({ realm: { roles: [1] } }) },
    '403 RBAC: access denied',
  ],
  ['anything', 'dry run alone', 'plain', { path: '/b' }, '200'],
  ['anything', 'an ALLOW without rules', 'frontend', {}, '403 RBAC: access denied'],
  ['a connection of the namespace', 'connections', 'frontend', { path: '/x' }, '200'],
  ['a connection in plain text', 'connections', 'plain', { path: '/orders' }, 'closed'],
  [
    'a connection to a name that is denied',
    'connections',
    'frontend',
    { serverName: 'A.Closed.Example' },
    'closed',
  ],
  ['a connection to another name', 'connections', 'frontend', { serverName: 'open.example' }, '200'],
  [
    'a name of the outer listener',
    'a waypoint',
    'plain',
    outerPeer('spiffe://example.org/ns/web/sa/x'),
    '200',
  ],
  [
    'another name',
    'a waypoint',
    'plain',
    outerPeer('spiffe://example.org/ns/webb/sa/x'),
    '403 RBAC: access denied',
  ],
  ['no name', 'a waypoint', 'frontend', {}, '403 RBAC: access denied'],
  ['any connection', 'connections by a DENY for HTTP', 'frontend', { path: '/y' }, 'closed'],
];

const ORDERS: Target = {
  namespace: 'shop',
  labels: new Map(),
  kind: 'sidecar',
  gatewayName: undefined,
  services: [],
};

async function outcome(port: number, caller: Caller, call: PeerCall): Promise<string> {
  const { status, body } = await callPeer(port, caller, call);
  if (status === undefined) {
    return 'closed';
  }
  return status === 200 ? `200 ${JSON.parse(body)['x-user'] ?? ''}`.trim() : `${status} ${body}`;
}

it.for(['1.36', '1.40'] as const)(
  'Envoy %s judges by the filters alone, as the policies say',
  async (version, { task }) => {
    const site = makeSite();
    await start(site);
    const callers = { plain: 'plain', frontend: { certificate: await ownSvid(site) } } as const;
    const names = Object.keys(PORTS) as PortName[];
    const numbers = await freePorts('127.0.0.1', names.length);
    const ports = new Map(names.map((name, index) => [name, numbers[index] ?? 0]));
    const envoy = await startWorkloadEnvoy(
      version,
      site,
      names.map((name) => {
        const { transport, policies } = PORTS[name];
        const set = compilePolicies(mustLoad(policies.join('---\n')), MESH);
        return {
          port: ports.get(name) ?? 0,
          mode: 'PERMISSIVE',
          transport,
          filters:
            name === 'a waypoint'
              ? [
                  PEER_INTO_FILTER_STATE,
                  ...nativeFilters({
                    policies: set.forTarget(ORDERS),
                    transport,
                    peerIdentity: 'filter-state',
                  }),
                ]
              : nativeFilters({ policies: set.forTarget(ORDERS), transport }),
        };
      }),
    );
    task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
    const outcomes: (readonly [string, string])[] = [];
    for (const [what, port, caller, call] of ROWS) {
      outcomes.push([`${port}: ${what}`, await outcome(ports.get(port) ?? 0, callers[caller], call)]);
    }
    const expected = ROWS.map(([what, port, , , answer]) => [`${port}: ${what}`, answer]);
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
    // The last request by rules, so that all of them are in the log.
    await expect.poll(envoy.output, { timeout: 5000 }).toContain('"path":"/reports","peer');
    const log = envoy.output();
    expect(log).toMatch(
      /"istio_dry_run_deny_shadow_effective_policy_id":"ns\[shop\]-policy\[try-deny\]-rule\[0\]"/,
    );
    expect(log).toMatch(/rbac_access_denied_matched_policy\[ns\[shop\]-policy\[closed\]-rule\[0\]\]/);
    expect(log).not.toMatch(/Bearer|deprecated|handshake_failed/);
  },
);
