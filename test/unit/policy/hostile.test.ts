import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestFileOf, readManifests } from '../../../src/manifest/index.ts';
import { type Attributes, compilePolicies, evaluate, loadPolicies } from '../../../src/policy/index.ts';
import { cpuMillis } from '../../fakes/cpu-time.ts';
import { authorization, load, MESH, mustLoad } from './load.ts';
import { PLAIN_REQUEST, PLAIN_TARGET } from './plain-request.ts';
import { attributesOf, readVectors, type VectorRequest } from './vectors.ts';

const PLAIN: VectorRequest = { ...PLAIN_REQUEST, joinedHeaders: true, claims: { iss: 'i', sub: 's' } };

/** The whole way from bytes to policies; never throws. */
function readBytes(bytes: Uint8Array) {
  const file = manifestFileOf('x.yaml', bytes);
  const manifests = readManifests(file.value === undefined ? [] : [file.value]);
  const policies = loadPolicies(manifests.value ?? [], MESH);
  return [...file.diagnostics, ...manifests.diagnostics, ...policies.diagnostics];
}

describe('files', () => {
  it('of random bytes give diagnostics or nothing, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Array.isArray(readBytes(bytes))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('of random YAML pieces give diagnostics or nothing', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        ': ',
        '- ',
        '\n',
        '  ',
        '[',
        ']',
        '{',
        '}',
        '"',
        "'",
        '&x ',
        '*x',
        '!t ',
        '|',
        '>',
        '#',
        '---\n',
        '? ',
      ],
      ...[
        ',',
        'kind: List',
        'items:',
        'spec:',
        '__proto__',
        '<<',
        '%YAML 1.1\n',
        '\u0000',
        '\ufeff',
        '\ud800',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
        expect(Array.isArray(readBytes(Buffer.from(parts.join(''))))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('of good policies with one byte changed give policies or an error', () => {
    const good = Buffer.from(
      readVectors()
        .slice(0, 40)
        .map((vector) => vector.policies)
        .join('\n'),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(good);
        bytes[at] = byte;
        expect(Array.isArray(readBytes(bytes))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['brackets', '['.repeat(20_000)],
    ['maps', '{a: '.repeat(20_000)],
    ['dashes', '- '.repeat(20_000)],
    ['closing brackets', ']'.repeat(20_000)],
    ['quotes', '"'.repeat(20_000)],
    ['equal keys', 'a: 1\n'.repeat(20_000)],
    ['other keys', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['documents', '---\na: 1\n'.repeat(20_000)],
    ['aliases', `- &a 1\n${'- *a\n'.repeat(20_000)}`],
    ['text', `a: ${'x'.repeat(1_000_000)}`],
    [
      'anchors that stand for one another',
      Array.from(
        { length: 40 },
        (_, at) => `a${at}: &a${at} [${`*a${at - 1}, `.repeat(at === 0 ? 0 : 9)}x]`,
      ).join('\n'),
    ],
    ['levels of a policy', authorization(`{ rules: ${'[{ from: '.repeat(5000)}1${' }]'.repeat(5000)} }`)],
  ])(
    'of many %s are refused in bounded time',
    (_, text) => {
      let codes: readonly string[] = [];
      expect(
        cpuMillis(() => {
          codes = readBytes(Buffer.from(text)).map(({ code }) => code);
        }),
      ).toBeLessThan(8000);
      expect(codes.length).toBeGreaterThan(0);
    },
    20_000,
  );
});

describe('files that are not UTF-8', () => {
  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a character cut off', [0xe2, 0x82]],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00]],
  ])('as by %s are an error, and nothing of them is taken', (_, bytes) => {
    const [before = '', after = ''] = authorization(
      '{ rules: [{ to: [{ operation: { paths: ["/X"] } }] }] }',
    ).split('X');
    const file = manifestFileOf(
      'x.yaml',
      Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]),
    );
    expect(file.value).toBeUndefined();
    expect(file.diagnostics.map(({ code }) => code)).toEqual(['ERR_MANIFEST_ENCODING']);
  });
});

describe('a policy that names 100,000 values', () => {
  it.each([
    ['paths', 'to: [{ operation: { paths: ', '}}]', (i: number) => `/p${i}`, { path: '/p99999' }],
    [
      'addresses',
      'from: [{ source: { ipBlocks: ',
      '}}]',
      (i: number) => `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
      { sourceAddress: '11.1.134.159' },
    ],
  ])('in one list of %s is read, and judged by', { timeout: 60_000 }, (_, open, close, make, hit) => {
    const values = JSON.stringify(Array.from({ length: 100_000 }, (_, index) => make(index)));
    const set = compilePolicies(
      mustLoad(authorization(`{ action: DENY, rules: [{ ${open}${values}${close} }] }`)),
      MESH,
    );
    const reasonFor = (part: Partial<VectorRequest>) =>
      evaluate(set, PLAIN_TARGET, attributesOf({ ...PLAIN, ...part })).reason;
    expect(reasonFor({})).toBe('allowed_no_policy');
    expect(reasonFor(hit)).toBe('denied_by_policy');
    expect(cpuMillis(() => reasonFor({}))).toBeLessThan(50);
  });

  const list = (make: (index: number) => string) =>
    JSON.stringify(Array.from({ length: 20_000 }, (_, index) => make(index)));

  it('is read, and judged by quickly', { timeout: 30_000 }, () => {
    const rules = [
      `{ from: [{ source: { principals: ${list((i) => `td/ns/n${i}/sa/s`)} } }] }`,
      `{ from: [{ source: { ipBlocks: ${list((i) => `11.${(i >> 8) & 255}.${i & 255}.0/${16 + (i % 17)}`)} } }] }`,
      `{ to: [{ operation: { hosts: ${list((i) => `*h${i}`)} } }] }`,
      `{ to: [{ operation: { paths: ${list((i) => `/p${i}*`)} } }] }`,
      `{ when: [{ key: "request.headers[x]", values: ${list((i) => `*v${i}`)} }] }`,
    ];
    const set = compilePolicies(
      mustLoad(authorization(`{ action: DENY, rules: [${rules.join(', ')}] }`)),
      MESH,
    );
    const attributes = attributesOf({
      ...PLAIN,
      headers: { x: 'a ,'.repeat(1000) },
      path: `/${'a/'.repeat(1000)}`,
    });
    expect(evaluate(set, PLAIN_TARGET, attributes).reason).toBe('allowed_no_policy');
    expect(cpuMillis(() => evaluate(set, PLAIN_TARGET, attributes))).toBeLessThan(50);
    const hit = attributesOf({ ...PLAIN, headers: { x: 'a,nov19999,b' } });
    expect(evaluate(set, PLAIN_TARGET, hit)).toMatchObject({ reason: 'denied_by_policy', rule: 4 });
  });
});

describe('requests', () => {
  const set = compilePolicies(
    mustLoad(
      authorization(`
  action: DENY
  rules:
    - from: [{ source: { namespaces: ["a*b*c", x], notNamespaces: [y] } }]
    - from: [{ source: { serviceAccounts: [web/x] } }, { source: { trustDomains: ["*x"] } }]
    - to: [{ operation: { paths: ["/a/{*}/{**}/b", "*z"], hosts: ["*.x"] } }]
    - when: [{ key: "request.headers[x]", values: ["(a+)+$", "*q", "a,b*"] }]
    - when: [{ key: "request.auth.claims[a][b]", values: ["x*"] }]`),
    ),
    MESH,
  );

  it.each([
    [
      'identities',
      {
        principals: [
          `spiffe://td${'/ns/a'.repeat(200_000)}`,
          `spiffe://td/ns/web${'/sa/x2'.repeat(120_000)}`,
        ],
      },
    ],
    ['paths', { path: `/a/${'b/'.repeat(500_000)}`, host: 'a.x' }],
    ['headers of commas', { headers: { x: ', '.repeat(300_000) } }],
    ['headers of spaces', { headers: { x: ' '.repeat(1_000_000) } }],
    ['headers of letters', { headers: { x: `${'a'.repeat(1_000_000)}!` } }],
    ['claims', { claims: { a: { b: Array.from({ length: 200_000 }, () => 'y') } } }],
  ])('with huge %s are judged in bounded time', (_, part: Partial<VectorRequest>) => {
    const attributes = attributesOf({ ...PLAIN, ...part });
    expect(cpuMillis(() => evaluate(set, PLAIN_TARGET, attributes))).toBeLessThan(1000);
  });

  it('with prototype names as labels, headers and claims find nothing that is not there', () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
    const rules = names.flatMap((name) => [
      `{ when: [{ key: "request.headers[${name}]", values: ["*"] }] }`,
      `{ when: [{ key: "request.auth.claims[${name}]", values: ["*"] }] }`,
      `{ when: [{ key: "request.auth.claims[a][${name}]", values: ["*"] }] }`,
      `{ when: [{ key: "experimental.envoy.filters.http.x[${name}]", values: ["*"] }] }`,
    ]);
    const odd = compilePolicies(mustLoad(authorization(`{ rules: [${rules.join(', ')}] }`)), MESH);
    const attributes = attributesOf({
      ...PLAIN,
      claims: { a: {} },
      metadata: { 'envoy.filters.http.x': {} },
    });
    expect(evaluate(odd, PLAIN_TARGET, attributes).reason).toBe('denied_no_rule');
  });

  it('with claims and headers of prototype names that are there are found by them', () => {
    for (const name of ['__proto__', 'constructor']) {
      const found = compilePolicies(
        mustLoad(
          authorization(`{ action: DENY, rules: [
            { when: [{ key: "request.headers[${name}]", values: [h] }] },
            { when: [{ key: "request.auth.claims[${name}]", values: [c] }] },
            { when: [{ key: "request.auth.claims[a][${name}]", values: [d] }] },
          ] }`),
        ),
        MESH,
      );
      const ruleFor = (part: Partial<VectorRequest>) =>
        evaluate(found, PLAIN_TARGET, attributesOf({ ...PLAIN, ...part })).rule;
      const member = (value: string): Record<string, string> => JSON.parse(`{ "${name}": "${value}" }`);
      expect(ruleFor({ headers: member('h') })).toBe(0);
      expect(ruleFor({ claims: member('c') })).toBe(1);
      expect(ruleFor({ claims: { a: member('d') } })).toBe(2);
      expect(ruleFor({ claims: { a: member('c') }, headers: member('x') })).toBeUndefined();
    }
  });

  it('find values like regular expressions by their letters alone', () => {
    const values = ['(a+)+$', '.*', '^$', '[a-z]', 'a|b', '\\d'];
    const odd = compilePolicies(
      mustLoad(
        authorization(`{ action: DENY, rules: [{ to: [{ operation: { hosts: ${JSON.stringify(values)} } }] },
        { when: [{ key: "request.headers[x]", values: ${JSON.stringify(values)} }] }] }`),
      ),
      MESH,
    );
    const reasonFor = (part: Partial<VectorRequest>) =>
      evaluate(odd, PLAIN_TARGET, attributesOf({ ...PLAIN, joinedHeaders: false, ...part })).reason;
    for (const value of values.filter((one) => !one.endsWith('*'))) {
      expect(reasonFor({ headers: { x: value } })).toBe('denied_by_policy');
    }
    for (const value of ['aaaa', 'x', '', 'a', 'b', '7']) {
      expect(reasonFor({ headers: { x: value } })).toBe('allowed_no_policy');
      expect(reasonFor({ host: value })).toBe('allowed_no_policy');
    }
  });

  it('are judged by values of a megabyte', () => {
    const long = 'x'.repeat(1_000_000);
    const large = compilePolicies(
      mustLoad(
        authorization(`{ action: DENY, rules: [
          { to: [{ operation: { paths: ["/${long}", "/a/${long}*", "*${long}z"] } }] },
          { when: [{ key: "request.headers[x]", values: ["${long}"] }] },
          { when: [{ key: "request.auth.claims[a]", values: ["${long}"] }] },
        ] }`),
      ),
      MESH,
    );
    const reasonFor = (part: Partial<VectorRequest>) =>
      evaluate(large, PLAIN_TARGET, attributesOf({ ...PLAIN, joinedHeaders: false, ...part })).reason;
    const hits: readonly Partial<VectorRequest>[] = [
      { path: `/${long}` },
      { path: `/a/${long}y` },
      { path: `/${long}z` },
      { headers: { x: long } },
      { claims: { a: long } },
    ];
    const misses: readonly Partial<VectorRequest>[] = [
      { path: `/${long}y` },
      { headers: { x: `${long}y` } },
      { claims: { a: long.slice(1) } },
    ];
    expect(cpuMillis(() => hits.map(reasonFor))).toBeLessThan(1000);
    expect(hits.map(reasonFor)).toEqual(hits.map(() => 'denied_by_policy'));
    expect(misses.map(reasonFor)).toEqual(misses.map(() => 'allowed_no_policy'));
  });

  it('are not selected by a label named __proto__ that they do not have', () => {
    const { value } = load(authorization('{ selector: { matchLabels: { __proto__: "[object Object]" } } }'));
    const odd = value && compilePolicies(value, MESH);
    expect(odd && evaluate(odd, PLAIN_TARGET, attributesOf(PLAIN)).reason).toBe('allowed_no_policy');
    const labelled = { ...PLAIN_TARGET, labels: new Map([['__proto__', '[object Object]']]) };
    expect(odd && evaluate(odd, labelled, attributesOf(PLAIN)).reason).toBe('denied_no_rule');
  });

  it('that make the evaluator fail are denied with a reason', () => {
    const broken: Attributes = {
      ...attributesOf(PLAIN),
      http: {
        method: 'GET',
        host: 'x',
        path: '/',
        headers: {
          joined: false,
          lines: () => {
            throw new Error('no headers today');
          },
        },
      },
    };
    expect(evaluate(set, PLAIN_TARGET, broken)).toEqual({
      effect: 'deny',
      reason: 'evaluation_failed',
      policy: undefined,
      rule: undefined,
      shadow: [],
    });
  });
});
