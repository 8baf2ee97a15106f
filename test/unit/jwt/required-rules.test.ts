import { describe, expect, it } from 'vitest';
import type { TokenRule } from '../../../src/jwt/index.ts';
import { makeToken } from '../../fakes/token-issuer.ts';
import { GOOD_CLAIMS, judge, tokenRule, verdictOf } from './token-case.ts';

const tokenOf = (iss: string, claims: object = {}): string =>
  makeToken('p256', { payload: { ...GOOD_CLAIMS, iss, sub: `of ${iss}`, ...claims } });

const a = tokenOf('A');
const b = tokenOf('B');
const stranger = tokenOf('X');
const expired = tokenOf('A', { exp: 1 });

const rule = (issuer: string, isRequired: boolean): TokenRule =>
  tokenRule({
    id: `default/${issuer}#0`,
    issuer,
    fromHeaders: [{ name: issuer === 'A' ? 'ta' : 'tb', prefix: '' }],
    isRequired,
  });

const RULES: Readonly<Record<string, readonly TokenRule[]>> = {
  one: [rule('A', true)],
  both: [rule('A', true), rule('B', true)],
  first: [rule('A', true), rule('B', false)],
  second: [rule('A', false), rule('B', true)],
};

const MISSING = 'Jwt is missing';
const UNKNOWN = 'Jwt issuer is not configured';
const EXPIRED = 'Jwt is expired';

/** The tokens in the two headers, and what Envoy 1.40 answered under `requires_all`: the subject of its payload, or the body. */
const CASES: readonly (readonly [string, string, string, Readonly<Record<string, string>>])[] = [
  ['no token', '', '', { one: MISSING, both: MISSING, first: MISSING, second: MISSING }],
  ['the first', a, '', { one: 'of A', both: MISSING, first: 'of A', second: MISSING }],
  ['the second', '', b, { one: MISSING, both: MISSING, first: MISSING, second: 'of B' }],
  ['both', a, b, { one: 'of A', both: 'of B', first: 'of B', second: 'of B' }],
  ['an expired first', expired, b, { one: EXPIRED, both: EXPIRED, first: EXPIRED, second: EXPIRED }],
  ['a stranger second', a, stranger, { one: 'of A', both: UNKNOWN, first: UNKNOWN, second: UNKNOWN }],
  ['the second in the first place', b, '', { one: UNKNOWN, both: UNKNOWN, first: UNKNOWN, second: UNKNOWN }],
  ['a stranger alone', '', stranger, { one: MISSING, both: MISSING, first: MISSING, second: UNKNOWN }],
];

describe.each(Object.keys(RULES))('where presence is required, rules %s', (name) => {
  it.each(CASES)('and a request with %s', (_, first, second, answers) => {
    const headers = [
      ['ta', first],
      ['tb', second],
    ].filter((line): line is [string, string] => line[1] !== '');
    const outcome = judge(RULES[name] ?? [], { headers });
    expect(outcome.kind === 'pass' ? outcome.token?.subject : verdictOf(outcome)).toBe(answers[name]);
  });
});

it('a missing token is told without an error code, as nothing was wrong with it', () => {
  expect(judge([rule('A', true)], { path: '/x?y=1' })).toMatchObject({
    kind: 'reject',
    httpStatus: 401,
    reason: 'token_missing',
    challenge: 'Bearer realm="https://shop.example/x?y=1"',
    ruleId: 'default/A#0',
  });
});

it('a preflight needs none', () => {
  const headers = [['origin', 'https://o'] as const, ['access-control-request-method', 'GET'] as const];
  expect(judge([rule('A', true)], { method: 'OPTIONS', headers }).kind).toBe('pass');
});

it('what each accepted token says goes into headers, and each token is taken out', () => {
  const named = (issuer: string): TokenRule => ({
    ...rule(issuer, true),
    outputClaimToHeaders: [{ header: `x-${issuer.toLowerCase()}`, claim: 'sub' }],
  });
  const outcome = judge([named('A'), named('B')], {
    headers: [
      ['ta', a],
      ['tb', b],
    ],
  });
  expect(outcome).toMatchObject({
    kind: 'pass',
    mutations: {
      setHeaders: [
        { name: 'x-a', value: 'of A' },
        { name: 'x-b', value: 'of B' },
      ],
      removeHeaders: ['ta', 'tb'],
    },
  });
});
