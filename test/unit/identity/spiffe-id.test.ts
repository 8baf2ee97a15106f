import { describe, expect, it } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import {
  parseSpiffeId,
  parseTrustDomain,
  serviceAccountOf,
  spiffeIdOfServiceAccount,
} from '../../../src/identity/index.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return errorCodeOf(error);
  }
}

describe('parseSpiffeId', () => {
  it.each([
    'spiffe://example.org/a/b',
    'spiffe://example.org',
    'spiffe://10.0.0.1/x',
    'spiffe://a_b/x',
    'spiffe://-./x',
    'spiffe://td/...',
    'spiffe://td/.a',
    'spiffe://td/a..b',
    'spiffe://td/A-Z_0.9',
  ])('accepts %s', (text) => {
    expect(parseSpiffeId(text).uri).toBe(text);
  });

  it.each([
    ['', 'ERR_SPIFFE_ID_EMPTY'],
    ['example.org/x', 'ERR_SPIFFE_ID_SCHEME'],
    ['SPIFFE://td/x', 'ERR_SPIFFE_ID_SCHEME'],
    ['spiffe://', 'ERR_SPIFFE_ID_TRUST_DOMAIN_MISSING'],
    ['spiffe:///x', 'ERR_SPIFFE_ID_TRUST_DOMAIN_MISSING'],
    ['spiffe://Example.org/x', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['spiffe://[::1]/x', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['spiffe://u@td/x', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['spiffe://td:80/x', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['spiffe://t%64/x', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['spiffe://td?q', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['spiffe://td/', 'ERR_SPIFFE_ID_PATH_TRAILING_SLASH'],
    ['spiffe://td/a/', 'ERR_SPIFFE_ID_PATH_TRAILING_SLASH'],
    ['spiffe://td//a', 'ERR_SPIFFE_ID_PATH_EMPTY_SEGMENT'],
    ['spiffe://td/./a', 'ERR_SPIFFE_ID_PATH_DOT_SEGMENT'],
    ['spiffe://td/../a', 'ERR_SPIFFE_ID_PATH_DOT_SEGMENT'],
    ['spiffe://td/a%20b', 'ERR_SPIFFE_ID_PATH_CHAR'],
    ['spiffe://td/a?b', 'ERR_SPIFFE_ID_PATH_CHAR'],
    ['spiffe://td/a#b', 'ERR_SPIFFE_ID_PATH_CHAR'],
    ['spiffe://td/é', 'ERR_SPIFFE_ID_PATH_CHAR'],
    ['spiffe://td/a~b', 'ERR_SPIFFE_ID_PATH_CHAR'],
    ['spiffe://td/a+b', 'ERR_SPIFFE_ID_PATH_CHAR'],
    ['spiffe://td/a:b', 'ERR_SPIFFE_ID_PATH_CHAR'],
    ['spiffe://td/a\n', 'ERR_SPIFFE_ID_PATH_CHAR'],
    [`spiffe://${'a'.repeat(256)}/x`, 'ERR_SPIFFE_ID_TOO_LONG'],
    [`spiffe://td/${'a'.repeat(2037)}`, 'ERR_SPIFFE_ID_TOO_LONG'],
  ])('refuses %j with %s', (text, code) => {
    expect(codeOf(() => parseSpiffeId(text))).toBe(code);
  });

  it('accepts 255 bytes of trust domain and 2048 bytes in all', () => {
    expect(parseTrustDomain('a'.repeat(255)).length).toBe(255);
    expect(parseSpiffeId(`spiffe://td/${'a'.repeat(2036)}`).uri.length).toBe(2048);
  });
});

describe('serviceAccountOf', () => {
  it('reads the form that Istio writes and no other', () => {
    const id = spiffeIdOfServiceAccount(parseTrustDomain('example.org'), { namespace: 'web', name: 'front' });
    expect(id.uri).toBe('spiffe://example.org/ns/web/sa/front');
    expect(serviceAccountOf(id)).toEqual({ namespace: 'web', name: 'front' });
    expect(serviceAccountOf(parseSpiffeId('spiffe://example.org/ns/web/sa/front/x'))).toBeUndefined();
    expect(serviceAccountOf(parseSpiffeId('spiffe://example.org/x/ns/web/sa/front'))).toBeUndefined();
  });
});
