import { describe, expect, it } from 'vitest';
import { ruleCovers } from '../../../src/policy/rule-cover.ts';
import { authorization, load } from './load.ts';

/** Those of the lints that are meant here, with their places in `spec`. */
function warnings(yaml: string, ...codes: readonly string[]): readonly string[] {
  return load(yaml)
    .diagnostics.filter(({ code }) => codes.includes(code))
    .map(({ code, path }) => `${code.replace('ERR_LINT_', '')} ${path.replace(/^spec\./, '')}`);
}

function policy(rules: readonly string[], action = 'ALLOW', name = 'p'): string {
  return authorization(`{ action: ${action}, rules: [${rules.join(', ')}] }`, name);
}

const to = (operation: string) => `{ to: [{ operation: { ${operation} } }] }`;
const from = (source: string) => `{ from: [{ source: { ${source} } }] }`;
const when = (...conditions: readonly string[]) =>
  `{ when: [${conditions.map((condition) => `{ key: ${condition} }`).join(', ')}] }`;

describe('a rule that can never match', () => {
  it.each([
    [to('ports: ["80"], notPorts: ["80"]'), 'to[0].operation.notPorts'],
    [to('ports: ["80", "81"], notPorts: ["81", "80", "82"]'), 'to[0].operation.notPorts'],
    [to('methods: [GET], notMethods: [GET]'), 'to[0].operation.notMethods'],
    [to('methods: [GET], notMethods: ["G*"]'), 'to[0].operation.notMethods'],
    [to('notMethods: ["*"]'), 'to[0].operation.notMethods'],
    [to('hosts: ["*"], notHosts: ["*"]'), 'to[0].operation.notHosts'],
    [to('paths: ["/a/{*}"], notPaths: ["/a/*"]'), 'to[0].operation.notPaths'],
    [to('paths: [/a/b], notPaths: ["/a/{*}"]'), 'to[0].operation.notPaths'],
    [to('hosts: ["A.example:*"], notHosts: ["a.example*"]'), 'to[0].operation.notHosts'],
    [from('namespaces: [a], notNamespaces: ["*"]'), 'from[0].source.notNamespaces'],
    [from('principals: [td/ns/a/sa/b], notPrincipals: ["*/sa/b"]'), 'from[0].source.notPrincipals'],
    [from('ipBlocks: [10.1.0.0/16], notIpBlocks: [10.0.0.0/8]'), 'from[0].source.notIpBlocks'],
    [from('notIpBlocks: [0.0.0.0/0, "::/0"]'), 'from[0].source.notIpBlocks'],
    [from('requestPrincipals: [i/s], notRequestPrincipals: ["i/*"]'), 'from[0].source.notRequestPrincipals'],
    [from('serviceAccounts: [a/b], notServiceAccounts: [a/b]'), 'from[0].source.notServiceAccounts'],
    [when('source.ip, values: [10.0.0.1], notValues: [10.0.0.1]'), 'when[0].notValues'],
    [
      when('"request.headers[a]", values: [b]', '"request.headers[A]", notValues: ["*"]'),
      'when[1].notValues',
    ],
    [when('destination.port, values: ["80"]', 'destination.port, values: ["81"]'), 'when[0].values'],
    [when('connection.sni, values: [a]', 'connection.sni, values: [b]'), 'when[0].values'],
    [
      '{ to: [{ operation: { ports: ["80"] } }], when: [{ key: destination.port, notValues: ["80"] }] }',
      'when[0].notValues',
    ],
    [
      '{ from: [{ source: { ipBlocks: [10.0.0.1] } }], when: [{ key: source.ip, values: [10.0.0.2] }] }',
      'from[0].source.ipBlocks',
    ],
    [
      '{ to: [{ operation: { paths: [/a] } }, { operation: { paths: [/b], notPaths: [/b] } }] }',
      'to[1].operation.notPaths',
    ],
  ])('%s', (rule, path) => {
    expect(warnings(policy([rule], 'DENY'), 'ERR_LINT_RULE_NEVER')).toEqual([`RULE_NEVER rules[0].${path}`]);
    expect(load(policy([rule])).value).toBeDefined();
  });

  it.each([
    to('ports: ["80", "81"], notPorts: ["80"]'),
    to('methods: ["G*"], notMethods: [GET]'),
    to('paths: ["/a*"], notPaths: ["/a/{*}"]'),
    from('notPrincipals: ["*"]'),
    from('notRequestPrincipals: ["*"]'),
    from('notNamespaces: ["*"]'),
    from('notIpBlocks: [0.0.0.0/0]'),
    from('ipBlocks: [10.0.0.0/8], notIpBlocks: [10.1.0.0/16]'),
    from('ipBlocks: [10.0.0.1], notRemoteIpBlocks: [10.0.0.1]'),
    when('"request.headers[a]", notValues: ["*"]'),
    // Each line of a header, each member of a list may be one of them.
    when('"request.headers[a]", values: [b]', '"request.headers[a]", values: [c]'),
    when('"request.auth.claims[a]", values: [b]', '"request.auth.claims[a]", values: [c]'),
    when('"request.auth.claims[a]", values: [b]', '"request.auth.claims[b]", notValues: [b]'),
    when('destination.port, values: ["80"]', 'destination.port, values: ["81", "80"]'),
  ])('and one that can: %s', (rule) => {
    expect(warnings(policy([rule], 'DENY'), 'ERR_LINT_RULE_NEVER')).toEqual([]);
  });
});

describe('a value that no request carries', () => {
  it.each([
    [to('paths: [admin]'), 'to[0].operation.paths[0]'],
    [to('paths: [/a, "admin/*"]'), 'to[0].operation.paths[1]'],
    [to('notPaths: [admin]'), 'to[0].operation.notPaths[0]'],
    [to('paths: ["/a?b=c"]'), 'to[0].operation.paths[0]'],
    [to('paths: ["*#b"]'), 'to[0].operation.paths[0]'],
    [to('methods: [get]'), 'to[0].operation.methods[0]'],
    [to('methods: [GET, "POST,PUT"]'), 'to[0].operation.methods[1]'],
    [to('hosts: ["https://a.example*"]'), 'to[0].operation.hosts[0]'],
    [when('connection.sni, values: ["*.Example.org"]'), 'when[0].values[0]'],
    [from('requestPrincipals: [issuer]'), 'from[0].source.requestPrincipals[0]'],
  ])('%s', (rule, path) => {
    expect(warnings(policy([rule]), 'ERR_LINT_VALUE_NEVER')).toEqual([`VALUE_NEVER rules[0].${path}`]);
  });

  it.each([
    to('paths: ["*admin", "*", "/a/{**}"]'),
    to('methods: [GET, "G*", PURGE, purge]'),
    to('hosts: ["*"]'),
    when('connection.sni, values: [a.example.org]'),
    from('requestPrincipals: ["*", "issuer*", "*subject", "i/s"]'),
  ])('and values that some carry: %s', (rule) => {
    expect(warnings(policy([rule]), 'ERR_LINT_VALUE_NEVER')).toEqual([]);
  });
});

describe('a rule that another covers', () => {
  const shadowed = (yaml: string) => warnings(yaml, 'ERR_LINT_SHADOWED');

  it.each([
    ['equal, the later', [to('paths: [/a]'), to('paths: [/a]')], [1]],
    ['one without restriction', ['{}', to('paths: [/a]')], [1]],
    ['a later one without restriction', [to('paths: [/a]'), '{}'], [0]],
    ['more values', [to('paths: [/a, /b]'), to('paths: [/b]')], [1]],
    ['a prefix', [to('paths: ["/a/*"]'), to('paths: [/a/b, "/a/c/*"]')], [1]],
    ['a template', [to('paths: ["/a/{*}"]'), to('paths: [/a/b]')], [1]],
    ['fewer conditions', [to('paths: [/a]'), to('paths: [/a], methods: [GET]')], [1]],
    ['a wider range', [from('ipBlocks: [10.0.0.0/8]'), from('ipBlocks: [10.1.0.0/16]')], [1]],
    ['a namespace of accounts', [from('namespaces: [a]'), from('serviceAccounts: [a/b, a/c]')], [1]],
    ['a shorter not list', [to('notPaths: [/a]'), to('notPaths: [/a, /b]')], [1]],
    ['a not list that leaves it', [to('notMethods: [GET]'), to('methods: [POST, PUT]')], [1]],
    [
      'an entry of several',
      [
        '{ from: [{ source: { namespaces: [a] } }, { source: { namespaces: [b] } }] }',
        from('namespaces: [b]'),
      ],
      [1],
    ],
    ['conditions of when', [when('source.ip, values: [10.0.0.0/8]'), from('ipBlocks: [10.0.0.1]')], []],
    ['when that says the same as to', [to('ports: ["80"]'), when('destination.port, values: ["80"]')], [1]],
    [
      'a header of any value',
      [when('"request.headers[a]", values: ["*"]'), when('"request.headers[A]", values: [b]')],
      [1],
    ],
  ])('%s', (_, rules, numbers) => {
    expect(shadowed(policy(rules, 'DENY'))).toEqual(numbers.map((number) => `SHADOWED rules[${number}]`));
  });

  it.each([
    ['other values', [to('paths: [/a]'), to('paths: [/b]')]],
    [
      'more conditions',
      [to('paths: [/a], methods: [GET]'), to('paths: [/a]'), to('methods: [GET]')].slice(0, 1),
    ],
    [
      'a header of another name',
      [when('"request.headers[a]", values: ["*"]'), when('"request.headers[b]", values: [b]')],
    ],
    ['a not list that takes it', [to('notMethods: [GET]'), to('methods: [GET, POST]')]],
    ['a narrower range', [from('ipBlocks: [10.1.0.0/16]'), from('ipBlocks: [10.0.0.0/7]'), '{}'].slice(0, 1)],
    [
      'one entry of two',
      [
        from('namespaces: [a]'),
        '{ from: [{ source: { namespaces: [a] } }, { source: { namespaces: [b] } }] }',
      ].slice(1),
    ],
    [
      'fields that belong together',
      [
        '{ to: [{ operation: { methods: [GET], paths: [/a] } }, { operation: { methods: [PUT], paths: [/b] } }] }',
        to('methods: [GET], paths: [/b]'),
      ],
    ],
    [
      'claims that may be several',
      [when('"request.auth.claims[a]", notValues: [b]'), when('"request.auth.claims[a]", values: [c]')],
    ],
  ])('and none that do not: %s', (_, rules) => {
    expect(shadowed(policy(rules, 'DENY'))).toEqual([]);
  });

  it('is not told of an ALLOW rule that stays on TCP, where the other falls away', () => {
    const rules = [
      '{ from: [{ source: { namespaces: [a] } }, { source: { requestPrincipals: ["*"] } }] }',
      from('namespaces: [a]'),
    ];
    expect(shadowed(policy(rules))).toEqual([]);
    expect(shadowed(policy(rules, 'DENY'))).toEqual(['SHADOWED rules[1]']);
  });

  it('looks at policies of one action for the same workloads together', () => {
    const two = (first: string, second: string) => shadowed(`${first}---\n${second}`);
    expect(two(policy(['{}'], 'ALLOW', 'a'), policy([to('paths: [/a]')], 'ALLOW', 'b'))).toEqual([
      'SHADOWED rules[0]',
    ]);
    expect(two(policy(['{}'], 'ALLOW', 'a'), policy([to('paths: [/a]')], 'DENY', 'b'))).toEqual([]);
    const narrow = authorization('{ selector: { matchLabels: { a: b } }, rules: [{}] }', 'a');
    expect(two(narrow, policy([to('paths: [/a]')], 'ALLOW', 'b'))).toEqual([]);
    const dry = policy(['{}'], 'ALLOW', 'a').replace(
      'namespace: web',
      'namespace: web, annotations: { istio.io/dry-run: "true" }',
    );
    expect(two(dry, policy([to('paths: [/a]')], 'ALLOW', 'b'))).toEqual([]);
  });

  it('gives up when its comparisons are used up', () => {
    const rules = Array.from({ length: 4 }, (_, index) =>
      to(`paths: ["/a*", "/b*"], methods: [GET, "M${index}*"]`),
    );
    const loaded = load(policy([...rules, ...rules])).value?.authorization ?? [];
    const [first, second, third] = loaded.flatMap(({ rules: all }) => [all[0], all[4], all[1]]);
    if (first === undefined || second === undefined || third === undefined) {
      throw new Error('no rules');
    }
    const enough = { left: 100 };
    expect(ruleCovers(first, second, enough)).toBe(true);
    const used = 100 - enough.left;
    expect(used).toBeGreaterThan(3);
    expect(ruleCovers(first, second, { left: used })).toBe(true);
    expect(ruleCovers(first, second, { left: used - 1 })).toBe(false);
    expect(ruleCovers(first, third, { left: 100 })).toBe(false);
  });
});
