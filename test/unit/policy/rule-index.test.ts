import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../src/base/index.ts';
import type { CompiledRule } from '../../../src/policy/compile-rule.ts';
import { type Evaluation, startEvaluation } from '../../../src/policy/evaluation.ts';
import { compilePolicies } from '../../../src/policy/index.ts';
import type { Rule } from '../../../src/policy/model.ts';
import { anchorsOf } from '../../../src/policy/rule-anchor.ts';
import { indexRules, ruleFinder, scanRules } from '../../../src/policy/rule-index.ts';
import { authorization, MESH, mustLoad } from './load.ts';
import { attributesOf, type VectorRequest } from './vectors.ts';

function ruleOf(text: string): Rule {
  const rule = mustLoad(authorization(`{ rules: [${text}] }`)).authorization[0]?.rules[0];
  if (rule === undefined) {
    throw new Error('no rule');
  }
  return rule;
}

/** `path exact /a` for every key of every attribute. */
function anchors(text: string): readonly string[] {
  return [...anchorsOf(ruleOf(text)).values()]
    .flat()
    .map(({ subject, kind, text: key }) => `${subject} ${kind} ${key}`);
}

describe('anchorsOf', () => {
  it.each([
    ['{}', []],
    ['{ to: [{ operation: { paths: [/a, "/b/*"] } }] }', ['path exact /a', 'path prefix /b/']],
    ['{ to: [{ operation: { paths: ["/a/{*}/x"] } }] }', ['path prefix /a/']],
    ['{ to: [{ operation: { paths: [/a, "*b"] } }] }', []],
    ['{ to: [{ operation: { paths: ["*"] } }] }', []],
    ['{ to: [{ operation: { notPaths: [/a] } }] }', []],
    ['{ to: [{ operation: { paths: [/a] } }, { operation: { hosts: [b] } }] }', []],
    [
      '{ to: [{ operation: { paths: [/a], methods: [GET] } }, { operation: { paths: [/b] } }] }',
      ['path exact /a', 'path exact /b'],
    ],
    ['{ to: [{ operation: { hosts: [A.x], methods: [P*] } }] }', ['host exact a.x', 'method prefix P']],
    [
      '{ from: [{ source: { principals: [td/x, "y/*"] } }] }',
      ['principal exact spiffe://td/x', 'principal prefix spiffe://y/'],
    ],
    ['{ from: [{ source: { principals: ["*x"] } }] }', []],
    ['{ when: [{ key: source.principal, values: [td/x] }] }', ['principal exact spiffe://td/x']],
    ['{ when: [{ key: source.principal, notValues: [td/x] }] }', []],
    [
      '{ from: [{ source: { namespaces: [a] } }, { source: { serviceAccounts: [b/c, d] } }] }',
      ['namespace exact a', 'namespace exact b', 'namespace exact web'],
    ],
    ['{ from: [{ source: { namespaces: [a, "b*"] } }] }', []],
    ['{ from: [{ source: { namespaces: [a/b] } }] }', []],
    ['{ from: [{ source: { notNamespaces: [a] } }] }', []],
  ])('of %s', (text, expected) => {
    expect(anchors(text)).toEqual(expected);
  });
});

/** What a rule asks for beside its key must be looked at. */
describe('a key decides', () => {
  it.each([
    ['{ to: [{ operation: { paths: [/a, "/b*"] } }] }', [true, true]],
    ['{ to: [{ operation: { paths: [/a, "/b/{*}"] } }] }', [true, false]],
    [
      '{ to: [{ operation: { paths: [/a] } }, { operation: { paths: [/b], methods: [GET] } }] }',
      [true, false],
    ],
    ['{ to: [{ operation: { paths: [/a], notPaths: [/a] } }] }', [false]],
    ['{ to: [{ operation: { paths: [/a] } }], from: [{ source: { notPrincipals: [x] } }] }', [false]],
    ['{ to: [{ operation: { paths: [/a] } }], when: [{ key: source.ip, values: [10.0.0.1] }] }', [false]],
    ['{ from: [{ source: { principals: [td/a] } }] }', [true]],
    ['{ from: [{ source: { principals: [td/a], ipBlocks: [10.0.0.1] } }] }', [false]],
    ['{ when: [{ key: source.principal, values: [td/a] }] }', [true]],
    [
      '{ when: [{ key: source.principal, values: [td/a] }, { key: source.ip, values: [10.0.0.1] }] }',
      [false],
    ],
    ['{ from: [{ source: { namespaces: [a] } }] }', [false]],
    ['{ from: [{ source: { serviceAccounts: [a/b] } }] }', [false]],
  ])('of %s', (text, expected) => {
    const keys = [...anchorsOf(ruleOf(text)).values()].flat();
    expect(keys.map(({ decides }) => decides)).toEqual(expected);
  });

  it('only for a caller who is known', () => {
    const { rules } = counted((i) => `{ from: [{ source: { principals: [td/${i}] } }] }`, 20);
    const { source, ...rest } = attributesOf(REQUEST);
    const finder = atOnce(indexRules(rules));
    expect(
      finder.first(startEvaluation({ ...rest, source: { ...source, principals: undefined } })),
    ).toBeUndefined();
    expect(
      finder.first(startEvaluation({ ...rest, source: { ...source, principals: ['spiffe://td/7'] } }))?.rule
        .index,
    ).toBe(7);
  });
});

describe('a rule with very many values', () => {
  it.each([
    [1000, 1000],
    [1001, 0],
  ])('of which it has %i is filed under %i', (count, expected) => {
    const paths = Array.from({ length: count }, (_, index) => `/p${index}`).join(', ');
    expect(anchors(`{ to: [{ operation: { paths: [${paths}] } }] }`)).toHaveLength(expected);
    const groups = Array.from({ length: 4 }, (_, group) => {
      const some = Array.from({ length: count / 4 }, (_, index) => `/p${group}.${index}`).join(', ');
      return `{ operation: { paths: [${some}, ${count > 1000 ? '/more' : `/p${group}.0`}] } }`;
    });
    expect(anchors(`{ to: [${groups.join(', ')}] }`)).toHaveLength(0);
  });
});

const REQUEST: VectorRequest = {
  tcp: false,
  principals: ['spiffe://td/ns/n7/sa/s'],
  sourceAddress: '10.0.0.1',
  remoteAddress: '10.0.0.1',
  destinationAddress: '10.0.0.9',
  destinationPort: 8080,
  sni: '',
  method: 'M7',
  host: 'H7.example',
  path: '/p7/x',
  headers: {},
  joinedHeaders: false,
  claims: null,
  metadata: {},
};

/** The rules of one policy, each counting how often it is looked at. */
function counted(make: (index: number) => string, count: number, action: 'ALLOW' | 'DENY' = 'ALLOW') {
  const looks = { total: 0 };
  const set = compilePolicies(
    mustLoad(
      authorization(
        `{ action: ${action}, rules: [${Array.from({ length: count }, (_, index) => make(index)).join(', ')}] }`,
      ),
    ),
    MESH,
  );
  const target = {
    namespace: 'web',
    kind: 'sidecar',
    labels: new Map(),
    gatewayName: undefined,
    services: [],
  } as const;
  const compiled = set.forTarget(target).rules('http');
  const rules = ((compiled.allow ?? compiled.deny)?.rules ?? []).map((rule): CompiledRule => {
    const [first] = rule.to.length > 0 ? rule.to : rule.from;
    const group = (first ?? []).map((condition) => ({
      ...condition,
      holds: (evaluation: Evaluation) => {
        looks.total++;
        return condition.holds(evaluation);
      },
    }));
    return rule.to.length > 0 ? { ...rule, to: [group] } : { ...rule, from: [group] };
  });
  return { rules, looks };
}

describe('an index of 300 rules', () => {
  it.each([
    ['exact paths', (i: number) => `{ to: [{ operation: { paths: ["/p${i}/x"] } }] }`],
    ['prefixes of paths', (i: number) => `{ to: [{ operation: { paths: ["/p${i}/*"] } }] }`],
    ['templates', (i: number) => `{ to: [{ operation: { paths: ["/p${i}/{*}"] } }] }`],
    ['hosts', (i: number) => `{ to: [{ operation: { hosts: ["h${i}.example"] } }] }`],
    ['methods', (i: number) => `{ to: [{ operation: { methods: [M${i}] } }] }`],
    ['principals', (i: number) => `{ from: [{ source: { principals: [td/ns/n${i}/sa/s] } }] }`],
    ['prefixes of principals', (i: number) => `{ from: [{ source: { principals: [td/ns/n${i}/*] } }] }`],
    ['namespaces', (i: number) => `{ from: [{ source: { namespaces: [n${i}] } }] }`],
    [
      'the attribute that tells rules apart',
      (i: number) => `{ to: [{ operation: { methods: [M7], paths: ["/p*"], hosts: [h${i}.example] } }] }`,
    ],
  ])('by %s looks at the right one only', (_, make) => {
    const { rules, looks } = counted(make, 300);
    const hit = atOnce(indexRules(rules)).first(startEvaluation(attributesOf(REQUEST)));
    expect(hit?.rule.index).toBe(7);
    expect(looks.total).toBeLessThanOrEqual(3);
  });

  it('gives the first in byte order of the keys, filed or not', () => {
    const make = (i: number) =>
      i === 5
        ? '{ to: [{ operation: { paths: ["*/x"] } }] }'
        : `{ to: [{ operation: { paths: ["/p7/x"], notMethods: [M${i}] } }] }`;
    const { rules } = counted(make, 20);
    const finder = atOnce(indexRules(rules));
    const at = (part: Partial<VectorRequest>) =>
      finder.first(startEvaluation(attributesOf({ ...REQUEST, ...part })))?.rule.index;
    expect([at({}), at({ method: 'M0' }), at({ path: '/y/x' }), at({ path: '/y' })]).toEqual([
      0,
      10,
      5,
      undefined,
    ]);
  });

  it('looks at everything that is filed by identity when the caller is unknown, and gives the first', () => {
    const make = (i: number) =>
      i % 2 === 0
        ? `{ from: [{ source: { principals: [td/ns/n${i}/sa/s] } }] }`
        : `{ from: [{ source: { namespaces: [n${i}] } }] }`;
    const { rules } = counted(make, 20, 'DENY');
    const { source, ...rest } = attributesOf(REQUEST);
    const unknown = startEvaluation({ ...rest, source: { ...source, principals: undefined } });
    expect(atOnce(indexRules(rules)).first(unknown)).toBe(rules[0]);
    expect(scanRules(rules).first(unknown)).toBe(rules[0]);
    const allowing = counted(make, 20).rules;
    expect(atOnce(indexRules(allowing)).first(unknown)).toBeUndefined();
  });

  it('is made from a certain number of rules on, and scanned below', () => {
    const make = (i: number) => `{ to: [{ operation: { paths: ["/p${i}/x"] } }] }`;
    const few = counted(make, 3);
    atOnce(ruleFinder(few.rules)).first(startEvaluation(attributesOf(REQUEST)));
    expect(few.looks.total).toBe(3);
    const many = counted(make, 4);
    atOnce(ruleFinder(many.rules)).first(startEvaluation(attributesOf(REQUEST)));
    expect(many.looks.total).toBe(0);
  });
});
