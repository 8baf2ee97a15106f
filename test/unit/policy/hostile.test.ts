import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestFileOf, readManifests } from '../../../src/manifest/index.ts';
import {
  type Attributes,
  compilePolicies,
  evaluate,
  loadPolicies,
  type Target,
} from '../../../src/policy/index.ts';
import { cpuMillis } from '../../fakes/cpu-time.ts';
import { authorization, load, MESH, mustLoad } from './load.ts';
import { attributesOf, readVectors, type VectorRequest } from './vectors.ts';

const TARGET: Target = {
  namespace: 'web',
  kind: 'sidecar',
  labels: new Map(),
  gatewayName: undefined,
  services: [],
};

const PLAIN: VectorRequest = {
  tcp: false,
  principals: ['spiffe://example.org/ns/web/sa/front'],
  sourceAddress: '10.0.0.1',
  remoteAddress: '10.0.0.1',
  destinationAddress: '10.0.0.9',
  destinationPort: 8080,
  sni: '',
  method: 'GET',
  host: 'orders',
  path: '/',
  headers: {},
  joinedHeaders: true,
  claims: { iss: 'i', sub: 's' },
  metadata: {},
};

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

describe('a policy that names 100,000 values', () => {
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
    expect(evaluate(set, TARGET, attributes).reason).toBe('allowed_no_policy');
    expect(cpuMillis(() => evaluate(set, TARGET, attributes))).toBeLessThan(50);
    const hit = attributesOf({ ...PLAIN, headers: { x: 'a,nov19999,b' } });
    expect(evaluate(set, TARGET, hit)).toMatchObject({ reason: 'denied_by_policy', rule: 4 });
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
    expect(cpuMillis(() => evaluate(set, TARGET, attributes))).toBeLessThan(1000);
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
    expect(evaluate(odd, TARGET, attributes).reason).toBe('denied_no_rule');
  });

  it('are not selected by a label named __proto__ that they do not have', () => {
    const { value } = load(authorization('{ selector: { matchLabels: { __proto__: "[object Object]" } } }'));
    const odd = value && compilePolicies(value, MESH);
    expect(odd && evaluate(odd, TARGET, attributesOf(PLAIN)).reason).toBe('allowed_no_policy');
    const labelled = { ...TARGET, labels: new Map([['__proto__', '[object Object]']]) };
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
    expect(evaluate(set, TARGET, broken)).toEqual({
      effect: 'deny',
      reason: 'evaluation_failed',
      policy: undefined,
      rule: undefined,
      shadow: [],
    });
  });
});
