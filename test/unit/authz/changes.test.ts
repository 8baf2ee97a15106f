import { expect, test } from 'vitest';
import { changesBy, isSendable, NO_CHANGES } from '../../../src/authz/changes.ts';
import { printable } from '../../../src/authz/printable.ts';
import { sentWithParameters, spellingsOf, withParameters } from '../../../src/authz/query.ts';
import { remoteAddress, remoteAddressUnder } from '../../../src/authz/remote-address.ts';
import { NO_MUTATIONS, type TokenRule } from '../../../src/jwt/index.ts';

test.each([
  ['/x?t=1', '/x'],
  ['/x?t=1&t=2', '/x'],
  ['/x?%74=1&p=%2F', '/x?p=/'],
  ['/x?a&t=1', '/x?a='],
  ['/x', '/x'],
  ['/x?a=b%zz&t', '/x?a=b%zz'],
])('%s without its token parameter is %s', (target, expected) => {
  expect(withParameters(target, new Map(), spellingsOf(target, ['t']))).toBe(expected);
});

// What Envoy 1.36 and 1.40 send on after `c` was set to `new`, `m` to `v`, and `a` taken out.
test.each([
  ['/x?z=3&a=1&%61=2&&b=%26&d&c=4&z=1&c=5&B=1&b=+x', '/x?=&%61=2&B=1&b=%26&b=+x&c=new&d=&m=v&z=3&z=1'],
  ['/x?', '/x?c=new&m=v'],
  ['/x??a=1', '/x??a=1&c=new&m=v'],
  ['/x?=x&a', '/x?=x&c=new&m=v'],
  ['/x', '/x?c=new&m=v'],
])('%s is sent on as %s', (target, expected) => {
  const set = new Map([
    ['m', 'v'],
    ['c', 'new'],
  ]);
  expect(sentWithParameters(target, set, ['a'])).toBe(expected);
});

test('without a parameter to take out, a target stays as it is', () => {
  expect(withParameters('/x?p=%2F&', new Map(), [])).toBe('/x?p=%2F&');
});

test.each([
  ['x-user', 'ann', true],
  ['x-user', 'Ünal', true],
  ['x-user', 'a\nb', false],
  ['x-user', 'a\rb', false],
  ['x-user', 'a\0b', false],
  [':path', '/x', false],
  ['host', 'x', false],
  ['x user', 'x', false],
  ['', 'x', false],
])('a header %s: %j can be sent: %s', (name, value, expected) => {
  expect(isSendable({ ...NO_CHANGES, setHeaders: new Map([[name, [value]]]) })).toBe(expected);
});

test('only parameters that are there are taken out', () => {
  const rules = [{ outputClaimToHeaders: [], outputPayloadToHeader: undefined } as unknown as TokenRule];
  const mutations = { ...NO_MUTATIONS, removeQueryParameters: ['a', 'b'] };
  expect(changesBy(rules, mutations, '/x?%61=1').removeQueryParameters).toEqual(['%61']);
});

test.each([
  [['1.1.1.1,2.2.2.2,3.3.3.3'], 0, '3.3.3.3'],
  [['1.1.1.1, 2.2.2.2 ,3.3.3.3'], 1, '2.2.2.2'],
  [['1.1.1.1', '2.2.2.2,3.3.3.3'], 2, '1.1.1.1'],
  [['1.1.1.1,2.2.2.2'], 2, '9.9.9.9'],
  [[',2.2.2.2'], 1, '9.9.9.9'],
  [['1.1.1.1,unknown'], 0, '9.9.9.9'],
  [['[::1]'], 0, '9.9.9.9'],
  [['2001:DB8::0:1'], 0, '2001:db8::1'],
  [[''], 0, '9.9.9.9'],
  [undefined, 0, '9.9.9.9'],
])('X-Forwarded-For %j behind %i trusted proxies is %s', (lines, trusted, expected) => {
  expect(remoteAddress(lines, trusted, '9.9.9.9')).toBe(expected);
});

test.each([
  ['gateway', 0, '9.9.9.9'],
  ['gateway', 1, '1.1.1.1'],
  ['sidecar', 0, '192.0.2.2'],
] as const)(
  'a %s with %i trusted proxies, called from its own machine, sees %s',
  (kind, numTrustedProxies, expected) => {
    const forwarded = ['1.1.1.1,192.0.2.2'];
    expect(remoteAddressUnder({ kind, numTrustedProxies }, forwarded, '9.9.9.9')).toBe(expected);
  },
);

test('text of strangers is cut and has no control characters', () => {
  expect(printable('a\r\n\u2028b\u202e', 100)).toBe('a\\u{d}\\u{a}\\u{2028}b\\u{202e}');
  expect(printable('x'.repeat(20), 10)).toBe(`${'x'.repeat(10)}…`);
  expect(printable('😀😀', 3)).not.toMatch(/[\ud800-\udfff](?![\udc00-\udfff])$/);
  expect(printable('\ud800', 9).isWellFormed()).toBe(true);
});
