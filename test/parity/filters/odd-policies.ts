import fc from 'fast-check';

/**
 * An AuthorizationPolicy of any shape, with values that nobody writes: what means something to a regular
 * expression, to a template or to a wildcard in any place. Some of them are none that may be loaded.
 */
export function oddPolicy(): fc.Arbitrary<object> {
  return fc
    .record({
      namespace: fc.constantFrom('foo', 'istio-system'),
      action: fc.constantFrom('ALLOW', 'DENY', 'AUDIT'),
      isDryRun: fc.boolean(),
      rules: fc.array(rule(), { minLength: 1, maxLength: 2 }),
    })
    .map(({ namespace, action, isDryRun, rules }) => ({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: {
        name: 'odd',
        namespace,
        ...(isDryRun && action !== 'AUDIT' ? { annotations: { 'istio.io/dry-run': 'true' } } : {}),
      },
      spec: { action, rules },
    }));
}

type Text = fc.Arbitrary<string>;

const CHARACTERS = [
  ...'ab/*.-_:@$^+?()[]|\\{}%&=~ #,;<>\'"éK\u212a😀',
  '\t',
  'spiffe://',
  'td',
  'old',
  '$1',
  '\\Q',
];
const odd: Text = fc
  .array(fc.constantFrom(...CHARACTERS), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));
const word: Text = fc.stringMatching(/^[a-cXY019.-]{1,5}$/);

const pattern = (text: Text = odd): Text =>
  fc.oneof(
    text,
    text.map((one) => `*${one}`),
    text.map((one) => `${one}*`),
    fc.constant('*'),
  );

const domain: Text = fc.oneof(
  word,
  word.map((one) => `*${one}`),
  word.map((one) => `${one}*`),
  fc.constantFrom('*', '*d', 't*', 'td', 'old', 'cluster.local'),
);
const principal: Text = fc.oneof(
  pattern(),
  fc.tuple(domain, word, pattern(word)).map(([td, ns, sa]) => `${td}/ns/${ns}/sa/${sa}`),
);
const requestPrincipal: Text = fc.oneof(
  pattern(),
  fc.tuple(pattern(word), pattern(word)).map(([issuer, subject]) => `${issuer}/${subject}`),
);
const namespace: Text = fc
  .array(fc.constantFrom('*', 'a', 'b', '-', '.', '$', '('), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));
const account: Text = fc.oneof(
  word,
  fc.tuple(word, word).map((parts) => parts.join('/')),
);
const address: Text = fc.oneof(
  fc.ipV4(),
  fc.tuple(fc.ipV4(), fc.nat(32)).map((parts) => parts.join('/')),
  fc.ipV6(),
  fc.tuple(fc.ipV6(), fc.nat(128)).map((parts) => parts.join('/')),
);
const path: Text = fc.oneof(
  pattern(),
  fc
    .array(fc.oneof(fc.constantFrom('{*}', '%41', "a!$&'()+,;:@=~_"), word), { minLength: 1, maxLength: 4 })
    .chain((segments) =>
      fc.constantFrom(...['', '/{**}', '/{**}/z', '/'].map((end) => `/${segments.join('/')}${end}`)),
    ),
);
const port: Text = fc.constantFrom('0', '80', '65535', '0443');

const SOURCE: Readonly<Record<string, Text>> = {
  principals: principal,
  requestPrincipals: requestPrincipal,
  namespaces: namespace,
  trustDomains: domain,
  ipBlocks: address,
  remoteIpBlocks: address,
};
const OPERATION: Readonly<Record<string, Text>> = {
  hosts: pattern(),
  methods: pattern(),
  paths: path,
  ports: port,
};
const WHEN: Readonly<Record<string, Text>> = {
  'request.headers[X-Foo]': pattern(),
  "request.headers[a!#$%&'*+.^`|~]": pattern(),
  'request.headers[:authority]': pattern(),
  'request.auth.claims[a.b]': pattern(),
  'request.auth.claims[a][é]': pattern(),
  'request.auth.claims[a]b]': pattern(),
  'request.auth.audiences': pattern(),
  'request.auth.presenter': pattern(),
  'request.auth.principal': requestPrincipal,
  'source.ip': address,
  'remote.ip': address,
  'source.namespace': namespace,
  'source.principal': principal,
  'source.serviceAccount': account,
  'source.trustDomain': domain,
  'destination.ip': address,
  'destination.port': port,
  'connection.sni': pattern(),
  'experimental.envoy.filters.network.mysql[a.b]': fc.oneof(
    pattern(),
    pattern().map((one) => `[${one}]`),
  ),
};

function rule(): fc.Arbitrary<object> {
  const source = fc.oneof(
    { weight: 4, arbitrary: lists(SOURCE) },
    { weight: 1, arbitrary: lists({ serviceAccounts: account, ipBlocks: address }) },
  );
  return fc.record(
    {
      from: fc.array(fc.record({ source }), { minLength: 1, maxLength: 3 }),
      to: fc.array(fc.record({ operation: lists(OPERATION) }), { minLength: 1, maxLength: 2 }),
      when: fc.array(fc.oneof(...Object.entries(WHEN).map(condition)), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
}

const values = (text: Text) => fc.array(text, { minLength: 1, maxLength: 3 });

/** One or two fields, each by itself or as its `not` twin. */
function lists(fields: Readonly<Record<string, Text>>): fc.Arbitrary<object> {
  const one = fc.oneof(
    ...Object.entries(fields).map(([name, text]) =>
      fc.tuple(fc.constantFrom(name, `not${name.charAt(0).toUpperCase()}${name.slice(1)}`), values(text)),
    ),
  );
  return fc.array(one, { minLength: 1, maxLength: 2 }).map((entries) => Object.fromEntries(entries));
}

function condition([key, text]: readonly [string, Text]): fc.Arbitrary<object> {
  return fc.oneof(
    values(text).map((list) => ({ key, values: list })),
    values(text).map((list) => ({ key, notValues: list })),
    fc.tuple(values(text), values(text)).map(([list, nots]) => ({ key, values: list, notValues: nots })),
  );
}
