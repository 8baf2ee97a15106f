import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namespaceMatcher, namespacesOf } from '../../../../src/policy/match/namespace.ts';
import { principalMatcher } from '../../../../src/policy/match/principal.ts';
import { serviceAccountMatcher } from '../../../../src/policy/match/service-account.ts';
import { parseTextPattern } from '../../../../src/policy/match/text-pattern.ts';
import { trustDomainMatcher } from '../../../../src/policy/match/trust-domain.ts';

/** The regular expressions that Istio writes, against the hand-written walks, on texts of few letters. */
const RUNS = { numRuns: 3000 };

const word = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 3 });
const pieces = fc.array(
  fc.oneof(fc.constantFrom('/ns/', '/sa/', 'ns/', 'sa/', '/', 'spiffe://', '\n', '/ns', '/sa'), word),
  { maxLength: 9 },
);
const identity = pieces.map((list) => list.join(''));
const spiffeId = fc.oneof(
  identity.map((rest) => `spiffe://${rest}`),
  identity,
);

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

describe('namespacesOf', () => {
  it.each([
    ['spiffe://td/ns/a/sa/s', ['a']],
    ['spiffe://td/ns/a/ns/b/sa/s', ['a', 'b']],
    ['spiffe://td/ns//sa/s', ['']],
    ['spiffe://td/ns/a', []],
    ['spiffe://td/sa/s', []],
    ['/ns/a/b', ['a']],
    ['ns/a/b', []],
    ['spiffe://td/ns/ns/a/b', ['ns', 'a']],
  ])('of %s', (identity, namespaces) => {
    expect(namespacesOf(identity)).toEqual(namespaces);
  });
});

describe('hand-written matching agrees with the regular expression', () => {
  it('of namespaces', () => {
    const value = fc.array(fc.oneof(word, fc.constantFrom('*', '/')), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(value, spiffeId, (parts, text) => {
        const glob = parts.join('');
        const regExp = new RegExp(`^.*/ns/${glob.split('*').map(quote).join('.*')}/.*$`);
        expect(namespaceMatcher([glob])(text)).toBe(regExp.test(text));
      }),
      RUNS,
    );
  });

  it('of service accounts', () => {
    fc.assert(
      fc.property(word, word, spiffeId, (namespace, name, text) => {
        const regExp = new RegExp(`^spiffe://.+/ns/${quote(namespace)}/(.+/|)sa/${quote(name)}(/.+)?$`);
        expect(serviceAccountMatcher([{ namespace, name }])(text)).toBe(regExp.test(text));
      }),
      RUNS,
    );
  });

  it('of service accounts, near a hit', () => {
    const filler = fc.constantFrom('', 'x/', '/', '/ns/a/', 'sa/b/', '/sa/b', 'y', '/y');
    fc.assert(
      fc.property(
        fc.array(filler, { maxLength: 3 }),
        fc.array(filler, { maxLength: 3 }),
        filler,
        (one, two, three) => {
          const text = `spiffe://${one.join('')}/ns/a/${two.join('')}sa/b${three}`;
          const regExp = /^spiffe:\/\/.+\/ns\/a\/(.+\/|)sa\/b(\/.+)?$/;
          expect(serviceAccountMatcher([{ namespace: 'a', name: 'b' }])(text)).toBe(regExp.test(text));
        },
      ),
      RUNS,
    );
  });

  it('of trust domains', () => {
    const value = fc.oneof(
      word.map((text) => `${text}*`),
      word.map((text) => `*${text}`),
    );
    fc.assert(
      fc.property(value, spiffeId, (pattern, text) => {
        const regExp = new RegExp(`^spiffe://${pattern.split('*').map(quote).join('[^/]*')}/.*$`);
        expect(trustDomainMatcher([pattern])(text)).toBe(regExp.test(text));
      }),
      RUNS,
    );
  });

  it('of principals that end with a text', () => {
    fc.assert(
      fc.property(word, spiffeId, (suffix, text) => {
        const regExp = new RegExp(`^spiffe://.*${quote(suffix)}$`);
        expect(principalMatcher([parseTextPattern(`*${suffix}`)])(text)).toBe(regExp.test(text));
      }),
      RUNS,
    );
  });
});

describe('the trust domain `*`', () => {
  it.each([
    ['spiffe://td/ns/a/sa/b', true],
    ['spiffe://td', true],
    ['spiffe://t/d\n', true],
    ['https://td/ns/a', false],
  ])('of %j: %s', (identity, expected) => {
    expect(trustDomainMatcher(['*'])(identity)).toBe(expected);
  });
});

describe('a trust domain with a star', () => {
  it.each([
    ['*', 'spiffe://td/a', true],
    ['t*', 'spiffe://td', false],
    ['t*', 'spiffe://t/', true],
    ['*d', 'spiffe://d/', true],
    ['*td', 'spiffe://d/td/', false],
    ['*spiffe:', 'spiffe://x', false],
  ])('%s of %j: %s', (value, identity, expected) => {
    expect(trustDomainMatcher([value])(identity)).toBe(expected);
  });
});

describe('the end of a principal', () => {
  it.each([
    ['*/a', 'spiffe://a', false],
    ['*//td/a', 'spiffe://td/a', false],
    ['*td/a', 'spiffe://td/a', true],
  ])('%s is sought behind the scheme of %j: %s', (value, identity, expected) => {
    expect(principalMatcher([parseTextPattern(value)])(identity)).toBe(expected);
  });
});

describe('a service account', () => {
  it.each([
    ['spiffe://td/ns/a/sa/s', true],
    ['spiffe://td/ns/a/x/sa/sa/s', true],
    ['spiffe://td/ns/a//sa/s', false],
    ['spiffe://td/ns/a/x/sa/s', true],
    ['spiffe://td/ns/a/x/sa/s/', false],
  ])('is found at the end of a segment of %j: %s', (identity, expected) => {
    expect(serviceAccountMatcher([{ namespace: 'a', name: 's' }])(identity)).toBe(expected);
  });
});

describe('an identity with a line break in it', () => {
  it.each(['spiffe://td/ns/a/sa/b\n', 'spiffe://td/ns/a/x\ny/sa/b', 'spiffe://t\nd/ns/a/sa/b'])(
    '%j is no account',
    (text) => {
      expect(serviceAccountMatcher([{ namespace: 'a', name: 'b' }])(text)).toBe(false);
      expect(serviceAccountMatcher([{ namespace: 'a', name: 'b' }])(text.replace('\n', ''))).toBe(true);
      expect(namespaceMatcher(['a'])(text)).toBe(false);
      expect(namespaceMatcher(['a'])(text.replace('\n', ''))).toBe(true);
    },
  );
});
