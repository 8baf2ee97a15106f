import { describe, expect, test } from 'vitest';
import { type Ask, ask, FRONTEND, policy, profileOf, type Seen, snapshotOf } from './bed.ts';

/**
 * Lessons of others (`ext-authz-sds`, section 7) as requests, in both encodings of headers where that makes a
 * difference. The reason `allowed` stands for any allow.
 */
interface Row {
  readonly name: string;
  readonly policies: string;
  readonly ask: Ask;
  readonly reason: string;
}

const DENY_ADMIN = policy('DENY', "[{ to: [{ operation: { paths: ['/admin', '/admin/*'] } }] }]");
const ALLOW_ORDERS = policy('ALLOW', "[{ to: [{ operation: { methods: [GET], paths: ['/orders'] } }] }]");
const DENY_ROLE = policy('DENY', "[{ when: [{ key: 'request.headers[x-role]', values: [admin] }] }]");
const ALLOW_ROLE = policy('ALLOW', "[{ when: [{ key: 'request.headers[x-role]', values: [admin] }] }]");
const DENY_HOST = policy('DENY', '[{ to: [{ operation: { hosts: [admin.shop, "admin.shop:*"] } }] }]');
const ALLOW_IP = policy('ALLOW', '[{ from: [{ source: { remoteIpBlocks: [198.51.100.7] } }] }]');
const ALLOW_FRONTEND = policy(
  'ALLOW',
  '[{ from: [{ source: { principals: [example.org/ns/web/sa/frontend] } }] }]',
);
const plain = { profile: profileOf('plain') };
const merged = { profile: profileOf('sidecar', { pathNormalization: 'MERGE_SLASHES' }) };
const unescaped = { profile: profileOf('sidecar', { pathNormalization: 'DECODE_AND_MERGE_SLASHES' }) };
const nobody = { source: { principal: '' } };
const xfcc = { profile: profileOf('waypoint', { trustXfcc: true }), ...nobody };
const untold = { profile: profileOf('waypoint'), ...nobody };
const toldWaypoint = { profile: profileOf('waypoint', { trustCallMetadata: true }), ...nobody };
const told = { profile: profileOf('sidecar', { trustCallMetadata: true }) };

function rows(policies: string, list: readonly (readonly [string, Ask, string])[]): readonly Row[] {
  return list.map(([name, asked, reason]) => ({ name, policies, ask: asked, reason }));
}

const PATHS = [
  ...rows(DENY_ADMIN, [
    ['plain', { path: '/admin' }, 'denied_by_policy'],
    ['with an empty query', { path: '/admin?' }, 'denied_by_policy'],
    ['with a query', { path: '/admin?x=/orders' }, 'denied_by_policy'],
    ['with a second question mark', { path: '/admin?x?y' }, 'denied_by_policy'],
    ['of another case', { path: '/Admin' }, 'allowed'],
    ['double slash', { path: '//admin' }, 'allowed'],
    ['double slash where they are merged', { path: '//admin', ...merged }, 'path_not_normalized'],
    ['double slash at the end where they are merged', { path: '/admin//', ...merged }, 'path_not_normalized'],
    ['dot segment', { path: '/./admin' }, 'path_not_normalized'],
    ['dot segment at the end', { path: '/admin/.' }, 'path_not_normalized'],
    ['parent segment', { path: '/a/../admin' }, 'path_not_normalized'],
    ['parent segment at the end', { path: '/admin/x/..' }, 'path_not_normalized'],
    ['escaped dots', { path: '/orders/%2e%2e/admin' }, 'path_not_normalized'],
    ['escaped dots, upper case', { path: '/orders/%2E%2E/admin' }, 'path_not_normalized'],
    ['half escaped dots', { path: '/orders/.%2e/admin' }, 'path_not_normalized'],
    ['escaped letter', { path: '/%61dmin' }, 'path_not_normalized'],
    ['escaped NUL', { path: '/admin%00' }, 'path_not_normalized'],
    ['backslash', { path: '/orders\\..\\admin' }, 'path_not_normalized'],
    ['fragment', { path: '/admin#x' }, 'path_not_normalized'],
    ['fragment where paths are not normalised', { path: '/admin#x', ...plain }, 'denied_by_policy'],
    ['escaped slash', { path: '/admin%2fx' }, 'allowed'],
    ['escaped slash where they are decoded', { path: '/admin%2Fx', ...unescaped }, 'path_not_normalized'],
    ['escaped backslash where they are decoded', { path: '/admin%5cx', ...unescaped }, 'path_not_normalized'],
    ['double escape', { path: '/%2561dmin' }, 'allowed'],
    ['a parameter of the segment', { path: '/admin;x' }, 'allowed'],
    ['a slash at the end', { path: '/admin/' }, 'denied_by_policy'],
    ['dots with a parameter', { path: '/orders/..;/admin' }, 'path_not_normalized'],
    ['one dot with a parameter', { path: '/.;x/admin' }, 'path_not_normalized'],
    ['three dots', { path: '/orders/.../admin' }, 'allowed'],
    ['dots behind an escaped slash', { path: '/orders%2f..%2fadmin' }, 'allowed'],
    ['escapes that stay', { path: '/%7Bx%7D%3F%23%25%7f%zz%' }, 'allowed'],
    ['no leading slash', { path: 'admin' }, 'request_malformed'],
    ['a whole URL', { path: 'http://orders.shop/admin' }, 'request_malformed'],
    ['empty', { path: '' }, 'request_malformed'],
    ['CONNECT without a path', { method: 'CONNECT', path: '' }, 'allowed'],
    [
      'CONNECT with an authority as path',
      { method: 'CONNECT', path: 'orders.shop:443' },
      'request_malformed',
    ],
    ['OPTIONS *', { method: 'OPTIONS', path: '*' }, 'allowed'],
    ['GET *', { method: 'GET', path: '*' }, 'request_malformed'],
    ['a space', { path: '/admin x' }, 'request_malformed'],
    ['a line feed', { path: '/admin\n' }, 'request_malformed'],
    [
      'the header of Envoy’s rewrite',
      { path: '/x', headers: { 'x-envoy-original-path': '/admin' } },
      'allowed',
    ],
  ]),
  ...rows(ALLOW_ORDERS, [
    ['allowed', { path: '/orders' }, 'allowed'],
    ['allowed with a query', { path: '/orders?x=1' }, 'allowed'],
    ['a query that holds the allowed path', { path: '/admin?x=/orders' }, 'denied_no_rule'],
    ['an escaped question mark', { path: '/orders%3Fx' }, 'denied_no_rule'],
    ['double slash', { path: '//orders' }, 'denied_no_rule'],
    ['CONNECT has no path to match', { method: 'CONNECT', path: '' }, 'denied_no_rule'],
    ['lower-case method', { method: 'get' }, 'denied_no_rule'],
    ['mixed-case method', { method: 'GeT' }, 'denied_no_rule'],
    ['overridden method', { method: 'POST', headers: { 'x-http-method-override': 'GET' } }, 'denied_no_rule'],
  ]),
];

const HEADERS = [
  ...rows(DENY_ROLE, [
    ['one line', { headers: { 'x-role': 'admin' } }, 'denied_by_policy'],
    ['two lines', { headers: { 'x-role': ['user', 'admin'] } }, 'denied_by_policy'],
    ['two lines in one', { headers: { 'x-role': 'user,admin' }, encoding: 'map' }, 'denied_by_policy'],
    ['with a comma behind', { headers: { 'x-role': 'admin,' }, encoding: 'map' }, 'denied_by_policy'],
    ['with spaces', { headers: { 'x-role': 'user, admin' }, encoding: 'map' }, 'denied_by_policy'],
    ['another name', { headers: { 'x-roles': 'admin' } }, 'allowed'],
  ]),
  ...rows(ALLOW_ROLE, [
    ['one line', { headers: { 'x-role': 'admin' } }, 'allowed'],
    [
      'a joined value is not the value',
      { headers: { 'x-role': 'user,admin' }, encoding: 'map' },
      'denied_no_rule',
    ],
    ['a line with a comma is not the value', { headers: { 'x-role': 'user,admin' } }, 'denied_no_rule'],
    [
      'both encodings at once',
      {
        attributes: {
          request: {
            http: {
              method: 'GET',
              path: '/orders',
              host: 'orders.shop',
              headers: { 'x-role': 'user' },
              header_map: { headers: [{ key: 'x-role', raw_value: Buffer.from('admin') }] },
            },
          },
        },
      },
      'request_malformed',
    ],
  ]),
];

const HOSTS = [
  ...rows(DENY_HOST, [
    ['upper case', { host: 'ADMIN.shop' }, 'denied_by_policy'],
    ['with a port', { host: 'admin.shop:443' }, 'denied_by_policy'],
    ['another', { host: 'orders.shop' }, 'allowed'],
    ['an authority that differs from the host', { headers: { host: 'admin.shop' } }, 'request_malformed'],
    ['a second authority', { headers: { ':authority': 'admin.shop' } }, 'request_malformed'],
    ['a second path', { headers: { ':path': '/x' } }, 'request_malformed'],
    ['IPv6 with a port', { host: '[::1]:80' }, 'allowed'],
    ['forwarded host', { headers: { 'x-forwarded-host': 'admin.shop' } }, 'allowed'],
  ]),
];

const TRUST = [
  ...rows(ALLOW_IP, [
    ['the peer', { source: { address: address('198.51.100.7') } }, 'allowed'],
    [
      'behind the last entry',
      { headers: { 'x-forwarded-for': '198.51.100.7, 203.0.113.9' } },
      'denied_no_rule',
    ],
    ['the last entry', { headers: { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' } }, 'allowed'],
    [
      'spoofed in front of one trusted proxy',
      {
        headers: { 'x-forwarded-for': '198.51.100.7,203.0.113.9,10.0.0.1' },
        profile: profileOf('gateway', { numTrustedProxies: 1 }),
      },
      'denied_no_rule',
    ],
    [
      'in front of one trusted proxy',
      {
        headers: { 'x-forwarded-for': ['203.0.113.9', '198.51.100.7,10.0.0.1'] },
        profile: profileOf('gateway', { numTrustedProxies: 1 }),
      },
      'allowed',
    ],
    [
      'fewer entries than trusted proxies',
      {
        headers: { 'x-forwarded-for': '198.51.100.7' },
        profile: profileOf('gateway', { numTrustedProxies: 2 }),
      },
      'denied_no_rule',
    ],
    ['no address', { headers: { 'x-forwarded-for': '198.51.100.7:80' } }, 'denied_no_rule'],
    ['X-Real-IP', { headers: { 'x-real-ip': '198.51.100.7' } }, 'denied_no_rule'],
    [
      'call metadata, believed',
      { metadata: { 'x-sallyport-remote-address': ['198.51.100.7'] }, ...told },
      'allowed',
    ],
    [
      'call metadata, not believed',
      { metadata: { 'x-sallyport-remote-address': ['198.51.100.7'] } },
      'denied_no_rule',
    ],
    [
      'call metadata wins over the header',
      {
        metadata: { 'x-sallyport-remote-address': ['203.0.113.9'] },
        headers: { 'x-forwarded-for': '198.51.100.7' },
        ...told,
      },
      'denied_no_rule',
    ],
    [
      'call metadata twice',
      { metadata: { 'x-sallyport-remote-address': ['203.0.113.9', '198.51.100.7'] }, ...told },
      'request_malformed',
    ],
  ]),
  ...rows(ALLOW_FRONTEND, [
    ['its certificate', {}, 'allowed'],
    ['nobody', nobody, 'denied_no_rule'],
    [
      'the service name is no identity',
      { source: { principal: '', service: 'example.org/ns/web/sa/frontend' } },
      'denied_no_rule',
    ],
    [
      'upper-case trust domain',
      { source: { principal: FRONTEND.replace('example', 'EXAMPLE') } },
      'source_malformed',
    ],
    [
      'a prefix of the trust domain',
      { source: { principal: 'spiffe://example.org.evil/ns/web/sa/frontend' } },
      'denied_no_rule',
    ],
    [
      'an empty segment',
      { source: { principal: 'spiffe://example.org//ns/web/sa/frontend' } },
      'source_malformed',
    ],
    [
      'an escaped slash',
      { source: { principal: 'spiffe://example.org/ns/web%2fsa/frontend' } },
      'source_malformed',
    ],
    [
      'dot segments',
      { source: { principal: 'spiffe://example.org/x/../ns/web/sa/frontend' } },
      'source_malformed',
    ],
    ['a port', { source: { principal: 'spiffe://example.org:443/ns/web/sa/frontend' } }, 'source_malformed'],
    ['user info', { source: { principal: 'spiffe://a@example.org/ns/web/sa/frontend' } }, 'source_malformed'],
    [
      'XFCC, not believed',
      { headers: { 'x-forwarded-client-cert': `URI=${FRONTEND}` }, ...nobody },
      'denied_no_rule',
    ],
    [
      'XFCC, believed',
      { headers: { 'x-forwarded-client-cert': `By=x;URI=${FRONTEND}` }, ...xfcc },
      'allowed',
    ],
    [
      'XFCC, spoofed in an earlier element',
      {
        headers: { 'x-forwarded-client-cert': `URI=${FRONTEND},URI=spiffe://example.org/ns/web/sa/other` },
        ...xfcc,
      },
      'denied_no_rule',
    ],
    [
      'XFCC, spoofed inside of quotes',
      {
        headers: {
          'x-forwarded-client-cert': `Subject="x,URI=${FRONTEND}";URI=spiffe://example.org/ns/web/sa/other`,
        },
        ...xfcc,
      },
      'denied_no_rule',
    ],
    [
      'XFCC with two names',
      {
        headers: { 'x-forwarded-client-cert': `URI=${FRONTEND};URI=spiffe://example.org/ns/web/sa/other` },
        ...xfcc,
      },
      'source_ambiguous',
    ],
    [
      'XFCC with an open quote',
      { headers: { 'x-forwarded-client-cert': `URI="${FRONTEND}` }, ...xfcc },
      'source_malformed',
    ],
    [
      'the certificate wins over XFCC',
      {
        profile: profileOf('waypoint', { trustXfcc: true }),
        source: { principal: 'spiffe://example.org/ns/web/sa/other' },
        headers: { 'x-forwarded-client-cert': `URI=${FRONTEND}` },
      },
      'denied_no_rule',
    ],
    [
      'call metadata, believed',
      { metadata: { 'x-sallyport-peer': [FRONTEND] }, ...nobody, ...told },
      'allowed',
    ],
    [
      'call metadata of a waypoint, believed',
      { metadata: { 'x-sallyport-peer': [FRONTEND] }, ...toldWaypoint },
      'allowed',
    ],
    ['a waypoint that does not tell', untold, 'denied_no_rule'],
    [
      'a waypoint that tells that there is no name',
      { metadata: { 'x-sallyport-peer': ['-'] }, ...toldWaypoint },
      'denied_no_rule',
    ],
    ['call metadata without a name', { metadata: { 'x-sallyport-peer': ['-'] }, ...told }, 'allowed'],
    [
      'call metadata, not believed',
      { metadata: { 'x-sallyport-peer': [FRONTEND] }, ...nobody },
      'denied_no_rule',
    ],
    [
      'call metadata with two names',
      { metadata: { 'x-sallyport-peer': [`${FRONTEND},spiffe://x/y`] }, ...told },
      'source_ambiguous',
    ],
    [
      'call metadata that says another',
      { metadata: { 'x-sallyport-peer': ['spiffe://x/y'] }, ...told },
      'source_ambiguous',
    ],
  ]),
];

const DENY_GUEST = policy('DENY', '[{ from: [{ source: { principals: [example.org/ns/web/sa/guest] } }] }]');
const ALLOW_OTHERS = policy(
  'ALLOW',
  '[{ from: [{ source: { notPrincipals: [example.org/ns/web/sa/guest] } }] }]',
);
const DENY_OTHERS = policy('DENY', '[{ from: [{ source: { notNamespaces: [web] } }] }]');
const DENY_NAME = policy('DENY', '[{ when: [{ key: connection.sni, values: [admin.shop] }] }]');
const ALLOW_NAMES = policy('ALLOW', '[{ when: [{ key: connection.sni, notValues: [admin.shop] }] }]');
const sni = (...values: readonly string[]): Ask => ({ metadata: { 'x-sallyport-sni': values }, ...told });
const nameless = { metadata: { 'x-sallyport-peer': ['-'] }, ...toldWaypoint };

const UNKNOWN = [
  ...rows(DENY_GUEST, [
    ['a waypoint that does not tell: it may be the guest', untold, 'denied_by_policy'],
    ['Cilium, which never tells', { profile: profileOf('cilium'), ...nobody }, 'denied_by_policy'],
    ['a waypoint that tells that there is no name', nameless, 'allowed'],
    ['a sidecar without TLS: there is no name', nobody, 'allowed'],
    ['a waypoint whose XFCC is believed, without one', xfcc, 'allowed'],
  ]),
  ...rows(ALLOW_OTHERS, [
    ['a waypoint that does not tell: it may be the one left out', untold, 'denied_no_rule'],
    ['a waypoint that tells that there is no name', nameless, 'allowed'],
  ]),
  ...rows(DENY_OTHERS, [
    ['a waypoint that does not tell: it may be of another namespace', untold, 'denied_by_policy'],
  ]),
  ...rows(DENY_NAME, [
    ['no session and nothing told', {}, 'denied_by_policy'],
    ['told, but not believed', { metadata: { 'x-sallyport-sni': ['-'] } }, 'denied_by_policy'],
    ['told that there is none', sni('-'), 'allowed'],
    ['told that there is none, by nothing', sni(''), 'allowed'],
    ['told another', sni('orders.shop'), 'allowed'],
    ['told this one, in another case', sni('Admin.shop'), 'denied_by_policy'],
    ['told two', sni('orders.shop', 'admin.shop'), 'request_malformed'],
  ]),
  ...rows(ALLOW_NAMES, [
    ['no session and nothing told', {}, 'denied_no_rule'],
    ['told that there is none', sni('-'), 'allowed'],
  ]),
];

describe.each([
  ['what is unknown', UNKNOWN],
  ['paths', PATHS],
  ['headers', HEADERS],
  ['hosts', HOSTS],
  ['who is believed', TRUST],
])('%s', (_, table) => {
  test.each(table)('$name: $reason', ({ policies, ask: asked, reason }) => {
    const snapshot = snapshotOf({ policies });
    const seen = ask(snapshot, asked);
    expect(short(seen)).toBe(reason);
    if (asked.encoding === undefined && asked.attributes === undefined && !hasSeveralLines(asked)) {
      const other = ask(snapshot, { ...asked, encoding: 'map' });
      expect(short(other), 'headers joined in a map').toBe(reason);
    }
  });
});

function short({ isAllowed, reason }: Seen): string {
  return isAllowed ? 'allowed' : reason;
}

/** Lines that cannot be told apart in the other encoding, and names that would stand twice in it. */
function hasSeveralLines({ headers = {} }: Ask): boolean {
  return Object.entries(headers).some(
    ([name, value]) => Array.isArray(value) || /^:/.test(name) || value.includes(','),
  );
}

function address(text: string): object {
  return { socket_address: { address: text, port_value: 1 } };
}

test('a request id, a path or a method cannot break a line of the log', () => {
  const evil = 'a\r\n{"event":"authz.decision"}\u001b[31m\u2028\u202ehidden';
  const { record } = ask(snapshotOf(), {
    method: evil,
    path: `/x${evil}`,
    host: evil,
    headers: { 'x-request-id': evil, 'user-agent': evil },
  });
  const line = JSON.stringify(record);
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
  expect(record.requestId).toContain('\\u{d}\\u{a}');
  expect(line).not.toContain('user-agent');
});
