import fc from 'fast-check';
import type {
  Lists,
  NaiveCondition,
  NaivePolicy,
  NaiveRequest,
  NaiveRule,
  NaiveSpec,
  NaiveTarget,
} from '../../reference/naive-input.ts';

/** Small pools, so that policies and requests meet often. */
const IDENTITIES = [
  'td1/ns/web/sa/front',
  'td2/ns/web/sa/front',
  'td3/ns/web/sa/front',
  'td1/ns/web/sa/front2',
  'td1/ns/shop/sa/cart',
  'cluster.local/ns/shop/sa/cart',
  'td1/x/ns/web/y/sa/front/z',
  'td1/ns/a.b/sa/c.d',
  'td1/ns/axb/sa/cxd',
  'td1',
];
const PATHS = [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/a/b/c',
  '/a//b',
  '/ab',
  '/A',
  '/a/*',
  '/a/b c',
  '/x/cart',
  '/x/y/cart',
  '/x//cart',
];
const HOSTS = ['a.example', 'A.Example', 'a.example:80', 'b.a.example', 'a.example.evil', ''];
const TEXTS = ['a', 'ab', 'abc', 'b', 'A', 'a,b', 'a.b', ''];
const ISSUERS = ['https://i', 'https://i/', 'i', 'ii', ''];
const ADDRESSES = ['10.0.0.1', '10.0.1.2', '192.168.7.7', '2001:db8::1', '::1', '10.0.0.256x'];
const RANGES = [
  '10.0.0.1',
  '10.0.0.0/24',
  '10.0.0.9/8',
  '0.0.0.0/0',
  '::/0',
  '2001:db8::/32',
  '192.168.7.6/31',
];

const pick = (pool: readonly string[]) => fc.constantFrom(...pool);
const some = (value: fc.Arbitrary<string>) => fc.array(value, { minLength: 1, maxLength: 3 });

/** A literal of the pool, or one of the forms that `*` makes of it; never empty. */
function patternsOf(pool: readonly string[]): fc.Arbitrary<string> {
  const cut = fc.tuple(pick(pool), fc.nat(30));
  return fc
    .oneof(
      { weight: 4, arbitrary: pick(pool) },
      { weight: 2, arbitrary: cut.map(([text, at]) => `${text.slice(0, at % (text.length + 1))}*`) },
      { weight: 2, arbitrary: cut.map(([text, at]) => `*${text.slice(at % (text.length + 1))}`) },
      { weight: 1, arbitrary: fc.constant('*') },
      {
        weight: 1,
        arbitrary: cut.map(([text, at]) => `${text.slice(0, at % (text.length + 1))}*${text.slice(-1)}`),
      },
    )
    .filter((text) => text !== '');
}

const principal = fc.oneof(
  patternsOf(IDENTITIES),
  pick(['*/ns/web/sa/front', '*2/ns/web/sa/front', 'td*/ns/web/sa/front', 'spiffe://td1/ns/web/sa/front']),
);
const namespaces = pick(['web', 'shop', 'w*', '*b', '*', 'w*b', 'a.b', 's*o*p']);
const serviceAccounts = pick(['front', 'web/front', 'shop/cart', 'a.b/c.d', 'web/fron', 'b']);
const trustDomains = pick(['td1', 'td2', 'td3', 'td*', '*1', '*', 'cluster.local']);
const requestPrincipal = fc.oneof(
  pick([
    '*',
    '*/*',
    'https://i/a',
    'https://i//a',
    'https://i/*',
    'https://i//*',
    'i/ab*',
    '*/a',
    '*i/a',
    'ht*',
    '*b',
    'i',
    'i/',
  ]),
  patternsOf(ISSUERS.flatMap((issuer) => TEXTS.map((subject) => `${issuer}/${subject}`))),
);
const path = fc.oneof(
  patternsOf(PATHS),
  pick(['/{*}', '/a/{*}', '/a/{**}', '/{**}', '/{*}/b', '/x/{**}/cart', '/{*}/{*}/{**}', '/a/{*}/']),
);
const port = pick(['80', '8080', '080', '0']);
const range = pick(RANGES);
const text = patternsOf(TEXTS);

/** Some of the fields, each with its values, some of them under `not`. */
function listsOf(fields: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<Lists> {
  const one = fc
    .tuple(fc.constantFrom(...Object.keys(fields)), fc.boolean())
    .chain(([name, isNot]) =>
      some(fields[name] ?? fc.constant('x')).map((values) => [isNot ? twin(name) : name, values] as const),
    );
  return fc.array(one, { minLength: 1, maxLength: 3 }).map((entries) => Object.fromEntries(entries));
}

function twin(name: string): string {
  return `not${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

const ips = { ipBlocks: range, remoteIpBlocks: range };
const source = fc.oneof(
  listsOf({ principals: principal, namespaces, requestPrincipals: requestPrincipal, trustDomains, ...ips }),
  listsOf({ serviceAccounts, requestPrincipals: requestPrincipal, trustDomains, ...ips }),
);
const operation = listsOf({
  hosts: patternsOf(HOSTS),
  methods: patternsOf(['GET', 'POST', 'get']),
  paths: path,
  ports: port,
});

const CONDITIONS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'source.ip': range,
  'remote.ip': range,
  'destination.ip': range,
  'source.principal': principal,
  'source.namespace': namespaces,
  'source.serviceAccount': serviceAccounts,
  'source.trustDomain': trustDomains,
  'request.auth.principal': requestPrincipal,
  'request.auth.audiences': text,
  'request.auth.presenter': text,
  'request.auth.claims[role]': text,
  'request.auth.claims[a][b]': text,
  'request.auth.claims[__proto__]': text,
  'request.headers[X-A]': text,
  'request.headers[x-b]': text,
  'destination.port': port,
  'connection.sni': text,
  'experimental.envoy.filters.http.x[k]': fc.oneof(
    text,
    text.map((value) => `[${value}]`),
  ),
};

const condition: fc.Arbitrary<NaiveCondition> = fc.constantFrom(...Object.keys(CONDITIONS)).chain((key) => {
  const values = some(CONDITIONS[key] ?? fc.constant('x'));
  return fc.oneof(
    values.map((list) => ({ key, values: list })),
    values.map((list) => ({ key, notValues: list })),
    fc.tuple(values, values).map(([list, notList]) => ({ key, values: list, notValues: notList })),
  );
});

const rule: fc.Arbitrary<NaiveRule> = fc.record(
  {
    from: fc.array(
      source.map((lists) => ({ source: lists })),
      { maxLength: 2 },
    ),
    to: fc.array(
      operation.map((lists) => ({ operation: lists })),
      { maxLength: 2 },
    ),
    when: fc.array(condition, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const attachment: fc.Arbitrary<NaiveSpec> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ selector: { matchLabels: { app: 'orders' } } }) },
  { weight: 1, arbitrary: fc.constant({ selector: { matchLabels: { app: 'other' } } }) },
  { weight: 1, arbitrary: fc.constant({ targetRefs: [{ kind: 'Service', name: 'cart' }] }) },
);

export const policies: fc.Arbitrary<readonly NaivePolicy[]> = fc
  .array(
    fc
      .record({
        namespace: fc.constantFrom('web', 'web', 'istio-system', 'shop'),
        dryRun: fc.constantFrom(undefined, undefined, undefined, 'true', 'F'),
        action: fc.constantFrom('ALLOW', 'DENY', 'AUDIT'),
        attachment,
        rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
      })
      .map(({ namespace, dryRun, action, attachment: spec, rules }) => ({
        metadata: {
          namespace,
          name: 'p',
          ...(dryRun === undefined || action === 'AUDIT'
            ? {}
            : { annotations: { 'istio.io/dry-run': dryRun } }),
        },
        spec: { ...spec, action: action as 'ALLOW', rules },
      })),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) =>
    list.map((policy, index) => ({ ...policy, metadata: { ...policy.metadata, name: `p${index}` } })),
  );

const textOrList = fc.oneof(pick(TEXTS), fc.array(fc.oneof(pick(TEXTS), fc.constant(1)), { maxLength: 3 }));
const claims = fc.record(
  {
    iss: fc.oneof(pick(ISSUERS), fc.constant(1)),
    sub: fc.oneof(pick(TEXTS), pick(['*'])),
    aud: textOrList,
    azp: pick(TEXTS),
    role: fc.oneof(textOrList, fc.constant(null), fc.constant(true)),
    a: fc.oneof(fc.record({ b: textOrList }), pick(TEXTS)),
    ['__proto__']: textOrList,
  },
  { requiredKeys: [] },
);
const headers = fc.dictionary(
  fc.constantFrom('x-a', 'x-b'),
  fc.oneof(pick(TEXTS), fc.array(pick([...TEXTS, 'a, b', 'ab,abc,b']), { minLength: 1, maxLength: 2 })),
);

export const requests: fc.Arbitrary<NaiveRequest> = fc.record({
  tcp: fc.constantFrom(false, false, false, true),
  principals: fc.array(
    fc.oneof(
      pick(IDENTITIES).map((identity) => `spiffe://${identity}`),
      pick(['dns.example', '']),
    ),
    { maxLength: 2 },
  ),
  sourceAddress: fc.option(pick(ADDRESSES), { freq: 6 }),
  remoteAddress: fc.option(pick(ADDRESSES), { freq: 6 }),
  destinationAddress: fc.option(pick(ADDRESSES), { freq: 6 }),
  destinationPort: fc.option(fc.constantFrom(0, 80, 8080), { freq: 6 }),
  sni: fc.option(pick(TEXTS.map((sni) => sni.toLowerCase())), { freq: 6 }),
  method: pick(['GET', 'POST', 'get', 'PUT']),
  host: pick(HOSTS),
  path: fc.option(pick(PATHS), { freq: 10 }),
  headers,
  joinedHeaders: fc.boolean(),
  claims: fc.option(claims),
  metadata: fc
    .option(fc.constant(0))
    .chain((known) =>
      known === null
        ? fc.constant(null)
        : fc.dictionary(
            fc.constant('envoy.filters.http.x'),
            fc.record({ k: textOrList }, { requiredKeys: [] }),
          ),
    ),
});

export const targets: fc.Arbitrary<NaiveTarget> = fc.constantFrom(
  { namespace: 'web', kind: 'sidecar', labels: { app: 'orders' }, services: [] },
  { namespace: 'web', kind: 'sidecar', labels: { app: 'orders' }, services: [] },
  { namespace: 'web', kind: 'gateway', labels: { app: 'other' }, services: [], gatewayName: 'edge' },
  {
    namespace: 'web',
    kind: 'waypoint',
    labels: { app: 'orders' },
    gatewayName: 'wp',
    services: [{ kind: 'Service', namespace: 'shop', name: 'cart' }],
  },
);
