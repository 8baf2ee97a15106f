import { describe, expect, it } from 'vitest';
import { authorization, load, MESH } from './load.ts';

/** Code and path of each error, without `spec.`; each has to say how to mend it. */
function errors(yaml: string): readonly string[] {
  return load(yaml)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code, path, hint }) => `${code} ${path.replace(/^spec\.?/, '')}${hint ? '' : ' (no hint)'}`);
}

function rule(text: string): string {
  return authorization(`{ rules: [${text}] }`);
}

const source = (text: string) => rule(`{ from: [{ source: ${text} }] }`);
const operation = (text: string) => rule(`{ to: [{ operation: ${text} }] }`);
const when = (text: string) => rule(`{ when: [${text}] }`);

const SOURCE = 'rules[0].from[0].source';
const OPERATION = 'rules[0].to[0].operation';
const WHEN = 'rules[0].when[0]';

describe('an AuthorizationPolicy is refused', () => {
  it.each([
    // 1.1 and 1.14: the object
    [authorization('{ action: LOG }'), 'ERR_MANIFEST_SHAPE action'],
    [authorization('{ actoin: DENY }'), 'ERR_MANIFEST_UNKNOWN_FIELD actoin'],
    [authorization('{ rules: null }'), 'ERR_MANIFEST_SHAPE rules'],
    [authorization('{ rules: [null] }'), 'ERR_MANIFEST_SHAPE rules[0]'],
    [authorization('{ action: DENY }'), 'ERR_POLICY_ACTION action'],
    [authorization('{ action: DENY, rules: [] }'), 'ERR_POLICY_ACTION action'],
    [authorization('{ provider: { name: x } }'), 'ERR_POLICY_ACTION provider'],
    [authorization('null'), 'ERR_MANIFEST_SHAPE '],
    [`${authorization('{}')}extra: 1\n`, 'ERR_MANIFEST_UNKNOWN_FIELD extra'],
    [authorization('{}').replace('/v1', '/v2'), 'ERR_POLICY_KIND apiVersion'],
    [authorization('{}').replace('AuthorizationPolicy', 'AuthorisationPolicy'), 'ERR_POLICY_KIND kind'],
    [authorization('{}').replace('security.istio.io', 'example.org'), 'ERR_POLICY_KIND apiVersion'],
    [authorization(`{ rules: [${'{}, '.repeat(513)}] }`), 'ERR_MANIFEST_SHAPE rules'],
    [
      rule(`{ from: [${'{ source: { namespaces: [a] } }, '.repeat(513)}] }`),
      'ERR_MANIFEST_SHAPE rules[0].from',
    ],
    // attachment
    [
      authorization('{ selector: { matchLabels: { "": x } } }'),
      'ERR_POLICY_SELECTOR selector.matchLabels[""]',
    ],
    [
      authorization('{ selector: { matchLabels: { a*: x } } }'),
      'ERR_POLICY_SELECTOR selector.matchLabels["a*"]',
    ],
    [
      authorization('{ selector: { matchLabels: { a: "*" } } }'),
      'ERR_POLICY_SELECTOR selector.matchLabels.a',
    ],
    [
      authorization(`{ selector: { matchLabels: { a: ${'x'.repeat(64)} } } }`),
      'ERR_POLICY_SELECTOR selector.matchLabels.a',
    ],
    [authorization('{ selector: null }'), 'ERR_MANIFEST_SHAPE selector'],
    [authorization('{ selector: { matchLabels: null } }'), 'ERR_MANIFEST_SHAPE selector.matchLabels'],
    [
      authorization('{ selector: { matchExpressions: [] } }'),
      'ERR_MANIFEST_UNKNOWN_FIELD selector.matchExpressions',
    ],
    [authorization('{ selector: {}, targetRefs: [] }'), 'ERR_POLICY_TARGET targetRefs'],
    [
      authorization('{ selector: {}, targetRefs: [{ kind: Service, name: a }] }'),
      'ERR_POLICY_TARGET targetRefs',
    ],
    [authorization('{ targetRefs: [{ kind: Service, name: "" }] }'), 'ERR_MANIFEST_SHAPE targetRefs[0].name'],
    [
      authorization('{ targetRefs: [{ kind: Service, name: a, namespace: b }] }'),
      'ERR_POLICY_TARGET targetRefs[0].namespace',
    ],
    [authorization('{ targetRefs: [{ kind: Gateway, name: a }] }'), 'ERR_POLICY_TARGET targetRefs[0].kind'],
    [
      authorization('{ targetRefs: [{ kind: Deployment, group: apps, name: a }] }'),
      'ERR_POLICY_TARGET targetRefs[0].kind',
    ],
    [
      authorization(`{ targetRefs: [${'{ kind: Service, name: a }, '.repeat(17)}] }`),
      'ERR_MANIFEST_SHAPE targetRefs',
    ],
    // from
    [rule('{ from: [{}] }'), 'ERR_MANIFEST_SHAPE rules[0].from[0].source'],
    [rule('{ from: [null] }'), 'ERR_MANIFEST_SHAPE rules[0].from[0]'],
    [rule('{ form: [] }'), 'ERR_MANIFEST_UNKNOWN_FIELD rules[0].form'],
    [source('{}'), `ERR_POLICY_EMPTY ${SOURCE}`],
    [source('{ principals: [] }'), `ERR_POLICY_EMPTY ${SOURCE}`],
    [source('{ principals: [""] }'), `ERR_POLICY_EMPTY ${SOURCE}.principals[0]`],
    [source('{ principals: ["a\\nb"] }'), `ERR_POLICY_VALUE ${SOURCE}.principals[0]`],
    [source('{ principals: a }'), `ERR_MANIFEST_SHAPE ${SOURCE}.principals`],
    [source('{ principals: [1] }'), `ERR_MANIFEST_SHAPE ${SOURCE}.principals[0]`],
    [source('{ principals: null }'), `ERR_MANIFEST_SHAPE ${SOURCE}.principals`],
    [source('{ principal: [a] }'), `ERR_MANIFEST_UNKNOWN_FIELD ${SOURCE}.principal`],
    [
      source('{ serviceAccounts: [a], principals: [b] }'),
      `ERR_POLICY_SOURCE_CONFLICT ${SOURCE}.serviceAccounts`,
    ],
    [
      source('{ notServiceAccounts: [a], notNamespaces: [b] }'),
      `ERR_POLICY_SOURCE_CONFLICT ${SOURCE}.notServiceAccounts`,
    ],
    [source('{ serviceAccounts: [a/b/c] }'), `ERR_POLICY_SERVICE_ACCOUNT ${SOURCE}.serviceAccounts[0]`],
    [source('{ serviceAccounts: [a/] }'), `ERR_POLICY_SERVICE_ACCOUNT ${SOURCE}.serviceAccounts[0]`],
    [source('{ serviceAccounts: [/a] }'), `ERR_POLICY_SERVICE_ACCOUNT ${SOURCE}.serviceAccounts[0]`],
    [source('{ serviceAccounts: [a*] }'), `ERR_POLICY_SERVICE_ACCOUNT ${SOURCE}.serviceAccounts[0]`],
    [
      source(`{ notServiceAccounts: [${'x'.repeat(321)}] }`),
      `ERR_POLICY_SERVICE_ACCOUNT ${SOURCE}.notServiceAccounts[0]`,
    ],
    [source(`{ serviceAccounts: [${'a, '.repeat(17)}] }`), `ERR_MANIFEST_SHAPE ${SOURCE}.serviceAccounts`],
    [source('{ trustDomains: [a/b] }'), `ERR_POLICY_TRUST_DOMAIN ${SOURCE}.trustDomains[0]`],
    [source('{ trustDomains: [a*b] }'), `ERR_POLICY_TRUST_DOMAIN ${SOURCE}.trustDomains[0]`],
    [source('{ trustDomains: ["*a*"] }'), `ERR_POLICY_TRUST_DOMAIN ${SOURCE}.trustDomains[0]`],
    [source('{ ipBlocks: [01.2.3.4] }'), `ERR_POLICY_IP ${SOURCE}.ipBlocks[0]`],
    [source('{ ipBlocks: [1.2.3.4/024] }'), `ERR_POLICY_IP ${SOURCE}.ipBlocks[0]`],
    [source('{ ipBlocks: [1.2.3.4/33] }'), `ERR_POLICY_IP ${SOURCE}.ipBlocks[0]`],
    [source('{ notRemoteIpBlocks: [1.2.3.4, x] }'), `ERR_POLICY_IP ${SOURCE}.notRemoteIpBlocks[1]`],
    // to
    [rule('{ to: [{}] }'), 'ERR_MANIFEST_SHAPE rules[0].to[0].operation'],
    [operation('{}'), `ERR_POLICY_EMPTY ${OPERATION}`],
    [operation('{ ports: [80] }'), `ERR_MANIFEST_SHAPE ${OPERATION}.ports[0]`],
    [operation('{ ports: ["+80"] }'), `ERR_POLICY_PORT ${OPERATION}.ports[0]`],
    [operation('{ ports: [" 80"] }'), `ERR_POLICY_PORT ${OPERATION}.ports[0]`],
    [operation('{ ports: ["0x50"] }'), `ERR_POLICY_PORT ${OPERATION}.ports[0]`],
    [operation('{ notPorts: ["65536"] }'), `ERR_POLICY_PORT ${OPERATION}.notPorts[0]`],
    [operation('{ ports: ["8*"] }'), `ERR_POLICY_PORT ${OPERATION}.ports[0]`],
    [operation('{ hosts: [""] }'), `ERR_POLICY_EMPTY ${OPERATION}.hosts[0]`],
    [operation('{ paths: ["/a/{*}x"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    [operation('{ paths: ["/{**}/{*}"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    [operation('{ paths: ["/a{b}"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    [operation('{ paths: ["/a//{*}"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    [operation('{ paths: ["/a*/{*}"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    [operation('{ notPaths: ["{*}"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.notPaths[0]`],
    [operation('{ paths: ["{**}"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    [operation('{ paths: ["//{*}"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    [operation('{ paths: ["/{*}//"] }'), `ERR_POLICY_PATH_TEMPLATE ${OPERATION}.paths[0]`],
    // when
    [when('{ values: [a] }'), `ERR_MANIFEST_SHAPE ${WHEN}.key`],
    [when('{ key: source.ip }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: source.ip, values: [], notValues: [] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: source.ip, values: [x] }'), `ERR_POLICY_IP ${WHEN}.values[0]`],
    [when('{ key: destination.port, notValues: [http] }'), `ERR_POLICY_PORT ${WHEN}.notValues[0]`],
    [when('{ key: "destination.labels[a]", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: destination.name, values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: Source.ip, values: [1.2.3.4] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: "request.headers[]", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: request.headers, values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: "request.headers[ab", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: "request.headers]", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: "request.headersX[a]", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: "request.headers[a b]", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: "request.auth.claims[a][]", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: "experimental.envoy.filters.x", values: [x] }'), `ERR_POLICY_CONDITION ${WHEN}.key`],
    [when('{ key: connection.sni, values: [""] }'), `ERR_POLICY_EMPTY ${WHEN}.values[0]`],
    [when('{ key: source.serviceAccount, values: [a/b/c] }'), `ERR_POLICY_SERVICE_ACCOUNT ${WHEN}.values[0]`],
    [
      when(`{ key: source.serviceAccount, notValues: [${'a, '.repeat(17)}] }`),
      `ERR_POLICY_SERVICE_ACCOUNT ${WHEN}.notValues`,
    ],
    [when('{ key: source.trustDomain, values: [a*b] }'), `ERR_POLICY_TRUST_DOMAIN ${WHEN}.values[0]`],
  ])('case %#', (yaml, expected) => {
    expect(errors(yaml)).toEqual([expected]);
  });

  it('with every problem at once', () => {
    expect(
      errors(
        authorization(`
  action: DENY
  provider: { name: x }
  rules:
    - from: [{ source: { ipBlocks: [x, 1.2.3.4, y] } }]
      to: [{ operation: { ports: [http] } }]
      when: [{ key: nonsense, values: [""] }]`),
      ),
    ).toEqual([
      'ERR_POLICY_ACTION provider',
      `ERR_POLICY_IP ${SOURCE}.ipBlocks[0]`,
      `ERR_POLICY_IP ${SOURCE}.ipBlocks[2]`,
      `ERR_POLICY_PORT ${OPERATION}.ports[0]`,
      `ERR_POLICY_CONDITION ${WHEN}.key`,
      `ERR_POLICY_EMPTY ${WHEN}.values[0]`,
    ]);
  });

  it('with the place of the value and a hint', () => {
    const [first] = load(
      authorization('\n  rules:\n    - to:\n        - operation:\n            pahts: [/x]'),
    ).diagnostics;
    expect(first).toMatchObject({ file: 'p.yaml', line: 8, column: 13, hint: 'did you mean `paths`?' });
  });
});

describe('CUSTOM', () => {
  const custom = (text: string) =>
    authorization(`{ action: CUSTOM, provider: { name: opa }, rules: [${text}] }`);

  it('needs a provider and rules', () => {
    expect(errors(authorization('{ action: CUSTOM }')).toSorted()).toEqual([
      'ERR_POLICY_ACTION action',
      'ERR_POLICY_ACTION provider',
    ]);
    expect(errors(authorization('{ action: CUSTOM, provider: { name: "" }, rules: [{}] }'))).toEqual([
      'ERR_POLICY_ACTION provider',
    ]);
    expect(errors(authorization('{ action: DENY, provider: { name: opa }, rules: [{}] }'))).toEqual([
      'ERR_POLICY_ACTION provider',
    ]);
  });

  it('asks for nothing that is known only later', () => {
    expect(
      errors(custom('{ from: [{ source: { principals: [a], notRemoteIpBlocks: [1.2.3.4] } }] }')),
    ).toEqual([`ERR_POLICY_ACTION ${SOURCE}.principals`]);
    expect(errors(custom('{ when: [{ key: request.auth.audiences, values: [a] }] }'))).toEqual([
      `ERR_POLICY_ACTION ${WHEN}.key`,
    ]);
    expect(errors(custom('{ when: [{ key: source.ip, values: [1.2.3.4] }] }'))).toEqual([]);
  });

  it('cannot be a dry run', () => {
    const annotated = custom('{}').replace('name: p,', 'name: p, annotations: { istio.io/dry-run: "true" },');
    expect(errors(annotated)).toEqual(['ERR_POLICY_DRY_RUN metadata.annotations["istio.io/dry-run"]']);
  });

  const withProviders = (text: string, providers: readonly (readonly [string, 'grpc' | 'http'])[]) =>
    load(text, { ...MESH, providers: new Map(providers) }).diagnostics.map(
      ({ severity, code, path, hint }) => `${severity} ${code} ${path}: ${hint}`,
    );

  it('names a provider that the settings have', () => {
    expect(withProviders(custom('{}'), [['opa', 'grpc']])).toEqual([]);
    expect(withProviders(custom('{}'), [['opaa', 'grpc']])).toEqual([
      'error ERR_POLICY_PROVIDER spec.provider.name: did you mean `opaa`?',
    ]);
    expect(withProviders(custom('{}'), [])).toEqual([
      'error ERR_POLICY_PROVIDER spec.provider.name: describe it under `extensionProviders` in the settings',
    ]);
  });

  it('warns of rules for TCP whose provider speaks HTTP', () => {
    const TCP =
      'warning ERR_LINT_CUSTOM_TCP spec.rules[0]: name the HTTP `ports` the rule is meant for, or ask a provider that speaks gRPC';
    expect(withProviders(custom('{}'), [['opa', 'http']])).toEqual([TCP]);
    expect(withProviders(custom('{ to: [{ operation: { paths: [/a] } }] }'), [['opa', 'http']])).toEqual([
      TCP,
    ]);
    expect(
      withProviders(custom('{ to: [{ operation: { paths: [/a], ports: ["80"] } }] }'), [['opa', 'http']]),
    ).toEqual([]);
  });

  it('warns of several providers on one workload', () => {
    const two = (first: string, second: string, namespace = 'web') =>
      [
        authorization(`{ action: CUSTOM, provider: { name: a }, rules: [{}]${first} }`, 'one'),
        authorization(`{ action: CUSTOM, provider: { name: b }, rules: [{}]${second} }`, 'two', namespace),
      ].join('---\n');
    const SELECT = (value: string) => `, selector: { matchLabels: { app: ${value} } }`;
    const SEVERAL = ['ERR_LINT_CUSTOM_PROVIDERS spec.provider.name'];
    const found = (text: string) =>
      load(text)
        .diagnostics.filter(({ code }) => code === 'ERR_LINT_CUSTOM_PROVIDERS')
        .map(({ code, path }) => `${code} ${path}`);
    expect(found(two('', ''))).toEqual(SEVERAL);
    expect(found(two(SELECT('x'), ''))).toEqual(SEVERAL);
    expect(found(two(SELECT('x'), '', 'istio-system'))).toEqual(SEVERAL);
    expect(found(two(SELECT('x'), SELECT('y')))).toEqual([]);
    expect(found(two('', '', 'other'))).toEqual([]);
    expect(found(two('', '').replace('name: b }', 'name: a }'))).toEqual([]);
    const all = load(two('', '')).diagnostics.map(({ code }) => code);
    expect(all).not.toContain('ERR_LINT_SHADOWED');
  });
});

describe('an AuthorizationPolicy is accepted', () => {
  it.each([
    authorization('{}'),
    authorization('{ rules: [] }'),
    authorization('{ action: AUDIT }'),
    authorization('{ action: DENY, rules: [{}] }'),
    authorization('{}').replace('/v1', '/v1beta1'),
    authorization('{}').replace('spec: {}', 'status: { anything: 1 }'),
    authorization('{ targetRefs: [] }'),
    authorization(`{ selector: { matchLabels: { a: ${'x'.repeat(63)} } } }`),
    authorization('{ targetRefs: [{ kind: Service, group: core, name: a, namespace: "" }] }'),
    authorization('{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: a }] }'),
    authorization('{ targetRef: { kind: ServiceEntry, group: networking.istio.io, name: a } }'),
    authorization(`{ rules: [${'{}, '.repeat(512)}] }`),
    rule('{ from: [], to: [], when: [] }'),
    rule(`{ from: [${'{ source: { namespaces: [a] } }, '.repeat(512)}] }`),
    authorization(`{ targetRefs: [${'{ kind: Service, name: a }, '.repeat(16)}] }`),
    source(`{ serviceAccounts: [${'a, '.repeat(16)}] }`),
    when(`{ key: source.serviceAccount, values: [${'a, '.repeat(16)}] }`),
    source('{ principals: [], namespaces: [a] }'),
    source(`{ serviceAccounts: [a, b/c, ${'x'.repeat(320)}] }`),
    source('{ trustDomains: ["*", a*, "*a"] }'),
    source('{ ipBlocks: ["::ffff:1.2.3.4/120", 10.1.2.3/8, "2001:DB8::1"] }'),
    operation('{ ports: ["080", "0", "65535"] }'),
    operation('{ paths: ["/a/{*}/b/{**}/c", "/{*}/", "/a*b"] }'),
    when('{ key: "request.auth.claims[a]b]", values: [x] }'),
    when('{ key: "request.headers[:path]", values: ["*"] }'),
    when('{ key: "experimental.envoy.filters.http.x[a][b]", values: ["[x]"] }'),
  ])('case %#', (yaml) => {
    expect(errors(yaml)).toEqual([]);
    expect(load(yaml).value?.authorization).toHaveLength(1);
  });
});

describe('the dry-run annotation', () => {
  const annotated = (value: string, spec = '{}') =>
    authorization(spec).replace(
      'namespace: web',
      `namespace: web, annotations: { istio.io/dry-run: ${value} }`,
    );

  it.each(['"1"', '"t"', '"T"', '"TRUE"', '"true"', '"True"'])('takes %s for true', (value) => {
    expect(load(annotated(value)).value?.authorization[0]?.dryRun).toBe(true);
  });

  it.each(['"0"', '"f"', '"F"', '"FALSE"', '"false"', '"False"'])('takes %s for false', (value) => {
    expect(load(annotated(value)).value?.authorization[0]?.dryRun).toBe(false);
  });

  it.each(['""', '"yes"', '"tRUE"', '" true"'])('refuses %s', (value) => {
    expect(errors(annotated(value))).toEqual(['ERR_POLICY_DRY_RUN metadata.annotations["istio.io/dry-run"]']);
  });

  it('goes with ALLOW and DENY only', () => {
    const place = 'ERR_POLICY_DRY_RUN metadata.annotations["istio.io/dry-run"]';
    expect(errors(annotated('"true"', '{ action: AUDIT, rules: [{}] }'))).toEqual([place]);
    expect(errors(annotated('"true"').replace('AuthorizationPolicy', 'RequestAuthentication'))).toEqual([
      place,
    ]);
    expect(errors(annotated('"true"').replace('AuthorizationPolicy', 'PeerAuthentication'))).toEqual([place]);
  });
});
