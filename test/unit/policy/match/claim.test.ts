import { describe, expect, it } from 'vitest';
import type { ClaimValue, VerifiedToken } from '../../../../src/jwt/index.ts';
import {
  claimMatcher,
  parseRequestPrincipal,
  requestPrincipalMatcher,
} from '../../../../src/policy/match/claim.ts';
import { parseTextPattern } from '../../../../src/policy/match/text-pattern.ts';

function tokenOf(claims: Readonly<Record<string, ClaimValue>>): VerifiedToken {
  return { claims: new Map(Object.entries(claims)) } as unknown as VerifiedToken;
}

const present = { kind: 'present' };
const exact = (text: string) => ({ kind: 'exact', text });
const prefix = (text: string) => ({ kind: 'prefix', text });
const suffix = (text: string) => ({ kind: 'suffix', text });

describe('a request principal is split at its last slash', () => {
  it.each([
    ['i/s', exact('i'), exact('s')],
    ['https://i/a/s', exact('https://i/a'), exact('s')],
    ['/s', exact(''), exact('s')],
    ['i/', exact('i'), exact('')],
    ['i', exact('i'), exact('')],
    ['*', present, present],
    ['*/s', present, exact('s')],
    ['*i/s', suffix('i'), exact('s')],
    ['*s', present, suffix('s')],
    ['i/*', exact('i'), present],
    ['i/s*', exact('i'), prefix('s')],
    ['i*', prefix('i'), present],
    ['/s*', exact(''), prefix('s')],
    ['*/*', present, exact('*')],
  ])('%s', (value, issuer, subject) => {
    expect(parseRequestPrincipal(value)).toEqual({ issuer, subject });
  });
});

describe('request principals', () => {
  const matches = (values: readonly string[], iss: ClaimValue, sub: ClaimValue) =>
    requestPrincipalMatcher(values.map(parseRequestPrincipal))(tokenOf({ iss, sub }));

  it('match issuer and subject of one and the same value', () => {
    const values = ['i/s', 'j/t', 'i/u', 'k/*'];
    expect([matches(values, 'i', 's'), matches(values, 'i', 'u'), matches(values, 'j', 't')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([matches(values, 'i', 't'), matches(values, 'j', 's'), matches(values, 'k', '')]).toEqual([
      false,
      false,
      false,
    ]);
    expect([matches(values, 'k', 'x'), matches(values, 'l', 's')]).toEqual([true, false]);
  });

  it('need a token whose issuer and subject are texts', () => {
    const any = requestPrincipalMatcher([parseRequestPrincipal('*')]);
    expect(any(undefined)).toBe(false);
    expect(any(tokenOf({ iss: 'i' }))).toBe(false);
    expect(any(tokenOf({ sub: 's' }))).toBe(false);
    expect(any(tokenOf({ iss: 'i', sub: 1 }))).toBe(false);
    expect(any(tokenOf({ iss: ['i'], sub: 's' }))).toBe(false);
    expect(any(tokenOf({ iss: 'i', sub: 's' }))).toBe(true);
  });
});

describe('a claim', () => {
  const matches = (
    path: readonly string[],
    values: readonly string[],
    claims: Readonly<Record<string, ClaimValue>>,
  ) => claimMatcher(path, values.map(parseTextPattern))(tokenOf(claims));

  it.each<[readonly string[], Readonly<Record<string, ClaimValue>>, boolean]>([
    [['a'], { a: 'x' }, true],
    [['a'], { a: 'y' }, false],
    [['a'], { b: 'x' }, false],
    [['a'], { a: ['y', 'x'] }, true],
    [['a'], { a: ['y', 1, null] }, false],
    [['a'], { a: [] }, false],
    [['a'], { a: 1 }, false],
    [['a'], { a: { x: 'x' } }, false],
    [['a', 'b'], { a: { b: 'x' } }, true],
    [['a', 'b'], { a: { c: 'x' } }, false],
    [['a', 'b'], { a: 'x' }, false],
    [['a', 'b'], { a: null }, false],
    [['a', '0'], { a: ['x'] }, false],
    [['a', 'length'], { a: 'x' }, false],
    [['a', 'b', 'c'], { a: { b: { c: ['x'] } } }, true],
    [['a', 'toString'], { a: {} }, false],
    // What is only inherited is no claim.
    [['a', 'b'], { a: Object.create({ b: 'x' }) }, false],
  ])('at %j of %j: %s', (path, claims, expected) => {
    expect(matches(path, ['x'], claims)).toBe(expected);
    expect(claimMatcher(path, [parseTextPattern('x')])(undefined)).toBe(false);
  });

  it('by a star is any text but an empty one', () => {
    expect([matches(['a'], ['*'], { a: 'x' }), matches(['a'], ['*'], { a: '' })]).toEqual([true, false]);
    expect([matches(['a'], ['*'], { a: ['', 'x'] }), matches(['a'], ['*'], { a: [''] })]).toEqual([
      true,
      false,
    ]);
  });
});
