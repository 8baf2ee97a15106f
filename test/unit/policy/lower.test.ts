import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/policy/model.ts';
import { authorization, mustLoad, requestAuthentication } from './load.ts';

function conditionsOf(rule: string): readonly Condition[] {
  const [lowered] = mustLoad(authorization(`{ rules: [${rule}] }`)).authorization[0]?.rules ?? [];
  return lowered === undefined ? [] : [...lowered.from.flat(), ...lowered.to.flat(), ...lowered.when];
}

describe('values of metadata', () => {
  it.each([
    ['[a]', true, 'a'],
    ['[[a]]', true, 'a'],
    ['[a', false, '[a'],
    ['a]', false, 'a]'],
    ['a', false, 'a'],
    ['[a]b', false, '[a]b'],
    ['[a[b]', true, 'a[b'],
    ['[]a][]', true, 'a'],
  ])('%s are looked for in a list: %s', (value, inList, text) => {
    const [condition] = conditionsOf(
      `{ when: [{ key: "experimental.envoy.filters.http.x[k]", values: ["${value}"] }] }`,
    );
    expect(condition?.match).toEqual({
      subject: 'metadata',
      filter: 'envoy.filters.http.x',
      key: 'k',
      values: [{ inList, pattern: { kind: 'exact', text } }],
    });
  });
});

describe('fields', () => {
  it('are named as they stand in the policy, with their twins', () => {
    const fields = conditionsOf(`{
      from: [{ source: { principals: [a], notPrincipals: [b] } }, { source: { notIpBlocks: [10.0.0.1] } }],
      to: [{ operation: { hosts: [a], notHosts: [b], ports: ["1"], notPorts: ["2"] } }],
      when: [{ key: source.namespace, values: [a], notValues: [b] }] }`).map(({ field, negated }) => [
      field,
      negated,
    ]);
    expect(fields).toEqual([
      ['from[0].source.principals', false],
      ['from[0].source.notPrincipals', true],
      ['from[1].source.notIpBlocks', true],
      ['to[0].operation.hosts', false],
      ['to[0].operation.notHosts', true],
      ['to[0].operation.ports', false],
      ['to[0].operation.notPorts', true],
      ['when[0].values', false],
      ['when[0].notValues', true],
    ]);
  });

  it('without values are no condition', () => {
    expect(conditionsOf('{ to: [{ operation: { paths: [], notPaths: [], methods: [GET] } }] }')).toHaveLength(
      1,
    );
  });

  it('name their rule by namespace, policy and place', () => {
    const [policy] = mustLoad(authorization('{ rules: [{}, {}] }', 'name', 'space')).authorization;
    expect(policy?.rules.map(({ key, index }) => [key, index])).toEqual([
      ['ns[space]-policy[name]-rule[0]', 0],
      ['ns[space]-policy[name]-rule[1]', 1],
    ]);
  });
});

describe('token rules', () => {
  const rulesOf = (rules: string) =>
    mustLoad(requestAuthentication(`{ jwtRules: [${rules}] }`)).requestAuthentication[0]?.rules ?? [];

  it('have the same key set for the same place, and another for another kind of it', () => {
    const text = 'https://a.example';
    const ids = rulesOf(
      `{ issuer: "${text}" }, { issuer: b, jwksUri: "${text}" }, { issuer: "${text}", audiences: [x] }, { issuer: c, jwksUri: "${text}" }`,
    ).map(({ keys }) => keys);
    expect(ids.map(({ kind }) => kind)).toEqual(['discovery', 'uri', 'discovery', 'uri']);
    expect(ids[0]?.keySetId).toMatch(/^discovery:[0-9a-f]{32}$/);
    expect(ids[1]?.keySetId).toMatch(/^uri:[0-9a-f]{32}$/);
    expect(ids[2]?.keySetId).toBe(ids[0]?.keySetId);
    expect(ids[3]?.keySetId).toBe(ids[1]?.keySetId);
    const jwks = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}';
    const [inline] = rulesOf(`{ issuer: b, jwks: '${jwks}' }`);
    expect(inline?.keys).toMatchObject({ kind: 'inline', jwks });
    expect(inline?.keys.keySetId).toMatch(/^inline:[0-9a-f]{32}$/);
  });

  it('have the same keys by either spelling of their place', () => {
    const [one, other] = rulesOf(
      '{ issuer: i, jwksUri: "https://k.example" }, { issuer: i, jwks_uri: "https://k.example" }',
    );
    expect(other?.keys).toMatchObject({ kind: 'uri', jwksUri: 'https://k.example' });
    expect(other?.keys).toEqual(one?.keys);
  });

  it('have these defaults', () => {
    const [rule, other] = rulesOf('{ issuer: i }, { issuer: i, jwks: "" }');
    expect(other?.keys).toEqual(rule?.keys);
    expect(rule).toMatchObject({
      id: 'web/r#0',
      issuer: 'i',
      audiences: [],
      fromHeaders: [],
      fromParams: [],
      fromCookies: [],
      forwardOriginalToken: false,
      outputClaimToHeaders: [],
      spaceDelimitedClaims: [],
      keys: { kind: 'discovery', issuer: 'i', timeoutMillis: 5000 },
    });
    expect(rule?.outputPayloadToHeader).toBeUndefined();
  });

  it('carry what they say, names of headers in lower case', () => {
    const [rule] = rulesOf(`{ issuer: i, audiences: [a], jwksUri: "https://k.example", timeout: 2s,
      fromHeaders: [{ name: X-Token, prefix: "P " }, { name: Y }], fromParams: [p], fromCookies: [c],
      forwardOriginalToken: true, outputPayloadToHeader: X-Payload,
      outputClaimToHeaders: [{ header: X-Sub, claim: sub }], spaceDelimitedClaims: [s] }`);
    expect(rule).toMatchObject({
      audiences: ['a'],
      fromHeaders: [
        { name: 'x-token', prefix: 'P ' },
        { name: 'y', prefix: '' },
      ],
      fromParams: ['p'],
      fromCookies: ['c'],
      forwardOriginalToken: true,
      outputPayloadToHeader: 'x-payload',
      outputClaimToHeaders: [{ header: 'x-sub', claim: 'sub' }],
      spaceDelimitedClaims: ['s'],
      keys: { kind: 'uri', jwksUri: 'https://k.example', timeoutMillis: 2000 },
    });
  });
});
