import { describe, expect, it } from 'vitest';
import { claimAt, claimHeaderText } from '../../../src/jwt/claim-header.ts';
import type { ClaimValue } from '../../../src/jwt/index.ts';
import { readJsonObject } from '../../../src/jwt/strict-json.ts';
import { makeToken } from '../../fakes/token-issuer.ts';
import { bearer, GOOD_CLAIMS, judge, tokenRule, verdictOf } from './token-case.ts';

function decoded(value: ClaimValue): string {
  return Buffer.from(claimHeaderText(value) ?? '', 'base64').toString('utf8');
}

/** The right side is what Envoy 1.40 wrote. */
describe('claimHeaderText', () => {
  it.each([
    ['text', 'text'],
    [' spaces ', ' spaces '],
    ['é', 'é'],
    [true, 'true'],
    [false, 'false'],
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [9_007_199_254_740_991, '9007199254740991'],
    [2 ** 63, '9223372036854775808'],
    [-5, '-5.000000'],
    [1.5, '1.500000'],
    [1e20, '100000000000000000000.000000'],
    [1e25, '10000000000000000905969664.000000'],
    [-1e22, '-10000000000000000000000.000000'],
    [1e-10, '0.000000'],
    [0.0078125, '0.007812'],
    [-0.0078125, '-0.007812'],
    [0.0234375, '0.023438'],
    [12_345_678.9, '12345678.900000'],
  ])('%j is %s', (value, text) => {
    expect(claimHeaderText(value)).toBe(text);
  });

  it.each([[null], ['']])('%j gives no header', (value) => {
    expect(claimHeaderText(value)).toBeUndefined();
  });

  it.each([
    [[], '[]'],
    [[-0, 0, 5e-324], '[-0,0,4.94065645841247e-324]'],
    [{}, '{}'],
    [['a', true, null, false], '["a",true,null,false]'],
    [[['x']], '[["x"]]'],
    [{ k: 'v' }, '{"k":"v"}'],
    [[1e15, 1e14, 123_456_789_012_345], '[1e+15,100000000000000,123456789012345]'],
    [[0.1, 0.0001, 0.00001, 1e-7, -1.5e-9], '[0.1,0.0001,1e-05,1e-07,-1.5e-09]'],
    [[1.5, 1e21, 4.35, 1e300, 100, 1 / 3], '[1.5,1e+21,4.35,1e+300,100,0.33333333333333331]'],
    [['<>&\u007f\u0085\u2028😀\\'], '["\\u003c\\u003e&\\u007f\\u0085\\u2028😀\\\\"]'],
    [['\u00a0\u00ad\u0600\u061c\u200b\u2060\ufeff'], '["\u00a0\\u00ad\\u0600\u061c\\u200b\\u2060\\ufeff"]'],
    [['\u{1d173}\u{e0001}\u{110bd}'], '["\\ud834\\udd73\\udb40\\udc01\u{110bd}"]'],
    [['\b\f\n\r\t\u0001"/'], '["\\b\\f\\n\\r\\t\\u0001\\"/"]'],
  ])('%j is the base64 of %s', (value: ClaimValue, text) => {
    expect(decoded(value)).toBe(text);
  });

  it('pads its base64', () => {
    expect(claimHeaderText([])).toBe('W10=');
  });
});

describe('claimAt', () => {
  const claims = readJsonObject(
    '{"a":{"b":{"c":1},"d":[{"e":2}]},"a.b":3,"t":"x","constructor":4}',
    32,
  )?.members;
  it.each([
    ['t', 'x'],
    ['a.b.c', 1],
    ['constructor', 4],
    ['a.d.e', undefined],
    ['a.d.0', undefined],
    ['a.constructor', undefined],
    ['a.__proto__', undefined],
    ['t.length', undefined],
    ['missing', undefined],
    ['', undefined],
    ['a.', undefined],
  ])('%s', (path, value) => {
    expect(claimAt(claims ?? new Map(), path)).toBe(value);
  });
});

describe('claims that cannot be sent', () => {
  const rules = [tokenRule({ outputClaimToHeaders: [{ header: 'x-claim', claim: 'c' }] })];
  const unsafe = 'Jwt payload has a claim that cannot be sent in a header';
  it.each([
    ['"a\\nb"', unsafe],
    ['"a\\r\\nx-admin: 1"', unsafe],
    ['"a\\u0000"', unsafe],
    ['"a\\u007f"', unsafe],
    ['"a\\tb"', 'pass'],
    ['["a\\nb"]', 'pass'],
    ['9007199254740993', unsafe],
    ['[9007199254740993]', unsafe],
    ['{"a":{"b":-9007199254740993}}', unsafe],
    ['1e20', 'pass'],
  ])('%s: %s', (value, verdict) => {
    const payload = `{"iss":"${GOOD_CLAIMS.iss}","c":${value}}`;
    expect(verdictOf(judge(rules, bearer(makeToken('p256', { payload }))))).toBe(verdict);
    expect(verdictOf(judge([tokenRule()], bearer(makeToken('p256', { payload }))))).toBe('pass');
  });
});
