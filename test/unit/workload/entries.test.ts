import { describe, expect, it } from 'vitest';
import { loadEntries } from '../../../src/workload/index.ts';
import { EXAMPLE_ORG, objectsOf, objectText } from './objects.ts';

const ID = 'spiffeID: spiffe://example.org/ns/web/sa/orders';
const SELECTOR = 'selectors: ["sallyport:socket:orders"]';

function load(...texts: readonly string[]) {
  return loadEntries(objectsOf(texts.join('---\n')), EXAMPLE_ORG);
}

function entry(name: string, ...spec: readonly string[]) {
  return objectText('ClusterStaticEntry', name, spec);
}

describe('loadEntries', () => {
  it('reads an entry with all it may have', () => {
    const { value, diagnostics } = load(
      entry(
        'orders',
        ID,
        'selectors: ["sallyport:socket:orders", "sallyport:mtls:spiffe://example.org/boot"]',
        'x509SVIDTTL: 1h0m0s',
        'jwtSVIDTTL: 5m',
        'dnsNames: [Orders.Example.org, "*.orders.example.org"]',
        'hint: inner',
        'parentID: spiffe://example.org/spire/server',
        'className: any',
        'admin: false',
        'downstream: false',
        'federatesWith: []',
      ),
    );
    expect(diagnostics).toEqual([]);
    expect(value?.trustDomain).toBe('example.org');
    expect(value?.entries).toEqual([
      {
        name: 'orders',
        spiffeId: expect.objectContaining({ uri: 'spiffe://example.org/ns/web/sa/orders' }),
        selectors: ['sallyport:mtls:spiffe://example.org/boot', 'sallyport:socket:orders'],
        x509TtlSeconds: 3600,
        jwtTtlSeconds: 300,
        dnsNames: ['orders.example.org', '*.orders.example.org'],
        hint: 'inner',
      },
    ]);
  });

  it('leaves what is not said to the CA', () => {
    const { value } = load(entry('a', ID, SELECTOR, 'x509SVIDTTL: 0s'));
    expect(value?.entries[0]).toMatchObject({
      x509TtlSeconds: undefined,
      jwtTtlSeconds: undefined,
      dnsNames: [],
      hint: '',
    });
  });

  it.each([
    ['spiffeID: spiffe://other.org/ns/web/sa/orders', 'ERR_ENTRY_SPIFFE_ID'],
    ['spiffeID: spiffe://example.org', 'ERR_ENTRY_SPIFFE_ID'],
    ['spiffeID: spiffe://example.org/sallyport', 'ERR_ENTRY_SPIFFE_ID'],
    ['spiffeID: spiffe://example.org/sallyport/server', 'ERR_ENTRY_SPIFFE_ID'],
    ['spiffeID: spiffe://example.org/a/../sallyport/server', 'ERR_SPIFFE_ID_PATH_DOT_SEGMENT'],
    ['spiffeID: spiffe://example.org//sallyport/server', 'ERR_SPIFFE_ID_PATH_EMPTY_SEGMENT'],
    ['spiffeID: spiffe://Example.org/a', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['spiffeID: https://example.org/a', 'ERR_SPIFFE_ID_SCHEME'],
  ])('refuses `%s` with %s', (line, code) => {
    const { value, diagnostics } = load(entry('a', line, SELECTOR));
    expect(value).toBeUndefined();
    expect(diagnostics.map((problem) => [problem.code, problem.line, problem.path])).toEqual([
      [code, 5, 'spec.spiffeID'],
    ]);
  });

  it.each([
    'spiffe://example.org/sallyportx',
    'spiffe://example.org/ns/sallyport/sa/server',
    'spiffe://example.org/Sallyport/a',
  ])('takes %s, which only looks like one of our own', (id) => {
    expect(load(entry('a', `spiffeID: ${id}`, SELECTOR)).diagnostics).toEqual([]);
  });

  it.each([
    ['selectors: []', 'ERR_MANIFEST_SHAPE'],
    ['selectors: [orders]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:uid:root"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:uid:01"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:gid:4294967295"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:user:"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:user:a:b"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:path:bin/x"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:path:/bin/../x"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:sha256:ABC"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["unix:pid:1"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["sallyport:socket:"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["sallyport:socket:Orders"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["sallyport:socket:orders "]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["Sallyport:socket:orders"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["sallyport:mtls:orders"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["sallyport:mtls:spiffe://example.org"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: ["sallyport:socket:a", "sallyport:socket:a"]', 'ERR_ENTRY_SELECTOR'],
    ['selectors: "sallyport:socket:a"', 'ERR_MANIFEST_SHAPE'],
    [
      `selectors: [${Array.from({ length: 101 }, (_, n) => `"sallyport:socket:s${n}"`)}]`,
      'ERR_MANIFEST_SHAPE',
    ],
  ])('refuses `%.60s` with %s', (line, code) => {
    const { value, diagnostics } = load(entry('a', ID, line));
    expect(value).toBeUndefined();
    expect(diagnostics.map((problem) => problem.code)).toEqual([code]);
  });

  it.each([
    ['x509SVIDTTL: 3600', 'ERR_MANIFEST_SHAPE'],
    ['x509SVIDTTL: one hour', 'ERR_DURATION'],
    ['x509SVIDTTL: 4s', 'ERR_DURATION'],
    ['x509SVIDTTL: 5500ms', 'ERR_DURATION'],
    ['jwtSVIDTTL: 2y', 'ERR_DURATION'],
    ['x509SvidTTL: 1h', 'ERR_MANIFEST_UNKNOWN_FIELD'],
    ['dnsNames: ["a b"]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: [10.0.0.1]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: ["a.*.b"]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: ["*"]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: ["-a.b"]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: ["a.b."]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: [""]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: [é.example.org]', 'ERR_ENTRY_DNS_NAME'],
    ['dnsNames: [a.b, A.b]', 'ERR_ENTRY_DNS_NAME'],
    [`dnsNames: [${'a'.repeat(64)}.b]`, 'ERR_ENTRY_DNS_NAME'],
    [`hint: ${'x'.repeat(1025)}`, 'ERR_MANIFEST_SHAPE'],
    ['admin: true', 'ERR_ENTRY_UNSUPPORTED'],
    ['downstream: true', 'ERR_ENTRY_UNSUPPORTED'],
    ['storeSVID: true', 'ERR_ENTRY_UNSUPPORTED'],
    ['federatesWith: [other.org]', 'ERR_ENTRY_UNSUPPORTED'],
    ['federatesWith: {}', 'ERR_ENTRY_UNSUPPORTED'],
  ])('refuses `%.60s` with %s', (line, code) => {
    const { value, diagnostics } = load(entry('a', ID, SELECTOR, line));
    expect(value).toBeUndefined();
    expect(diagnostics.map((problem) => [problem.code, problem.line])).toEqual([[code, 7]]);
  });

  it('takes what is just within the limits', () => {
    const longest = `${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(61)}`;
    expect(longest.length).toBe(253);
    const lines = [
      `dnsNames: [${longest}]`,
      `hint: ${'x'.repeat(1024)}`,
      'x509SVIDTTL: 5s',
      'jwtSVIDTTL: 1y',
    ];
    expect(load(entry('a', ID, SELECTOR, ...lines)).diagnostics).toEqual([]);
    expect(load(entry('a', ID, SELECTOR, `dnsNames: [${longest}a]`)).diagnostics.length).toBe(1);
  });

  it('refuses a second entry with the same ID and the same selectors in any order', () => {
    const both = (name: string, a: string, b: string) =>
      entry(name, ID, `selectors: ["sallyport:socket:${a}", "sallyport:socket:${b}"]`);
    const { value, diagnostics } = load(both('a', 'x', 'y'), both('b', 'y', 'x'));
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'ERR_ENTRY_DUPLICATE entry `a` at objects.yaml:1 has the same SPIFFE ID and selectors',
    ]);
    expect(load(both('a', 'x', 'y'), both('b', 'y', 'z')).diagnostics).toEqual([]);
  });

  it('refuses other kinds, and tells of every problem of every object', () => {
    const { diagnostics } = load(
      'apiVersion: spire.spiffe.io/v1alpha1\nkind: ClusterSPIFFEID\nmetadata: { name: a }\nspec: {}\n',
      entry('b', 'spiffeID: x', 'selectors: [y]', 'colour: red'),
    );
    expect(diagnostics.map(({ code, line }) => `${code} ${line}`)).toEqual([
      'ERR_OBJECT_KIND 2',
      'ERR_SPIFFE_ID_SCHEME 10',
      'ERR_ENTRY_SELECTOR 11',
      'ERR_MANIFEST_UNKNOWN_FIELD 12',
    ]);
  });

  it('warns of a selector for containers where no engine is asked', () => {
    const objects = objectsOf(entry('a', ID, 'selectors: ["docker:label:app:orders"]'));
    const warnings = (asksDocker: boolean) =>
      loadEntries(objects, EXAMPLE_ORG, [], asksDocker).diagnostics.map(
        ({ severity, code }) => `${severity} ${code}`,
      );
    expect(warnings(true)).toEqual([]);
    expect(warnings(false)).toEqual(['warning ERR_LINT_DOCKER_OFF']);
  });

  it('warns of a selector for a socket that is not there', () => {
    const { value, diagnostics } = loadEntries(
      objectsOf(entry('a', ID, 'selectors: ["sallyport:socket:ordres"]')),
      EXAMPLE_ORG,
      ['orders', 'frontend'],
    );
    expect(value?.entries.length).toBe(1);
    expect(diagnostics.map(({ severity, code, hint }) => [severity, code, hint])).toEqual([
      ['warning', 'ERR_ENTRY_SELECTOR', 'did you mean `orders`?'],
    ]);
  });
});

describe('matching', () => {
  const socket = (name: string) => `sallyport:socket:${name}`;
  const { value } = load(
    entry('z-first', 'spiffeID: spiffe://example.org/z', `selectors: ["${socket('a')}"]`),
    entry('b-both', 'spiffeID: spiffe://example.org/b', `selectors: ["${socket('b')}", "${socket('a')}"]`),
    entry('a-other', 'spiffeID: spiffe://example.org/a', `selectors: ["${socket('c')}"]`),
    entry('c-same', 'spiffeID: spiffe://example.org/c', `selectors: ["${socket('a')}"]`),
  );

  it.each([
    [['a'], ['c-same', 'z-first']],
    [
      ['a', 'b'],
      ['b-both', 'c-same', 'z-first'],
    ],
    [['b'], []],
    [
      ['c', 'b', 'a', 'a'],
      ['a-other', 'b-both', 'c-same', 'z-first'],
    ],
    [['d'], []],
    [[], []],
  ])('a caller that shows %j gets %j, by name', (shown, names) => {
    expect(value?.matching(shown.map(socket)).map(({ name }) => name)).toEqual(names);
  });
});
