import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce, parseIpAddress, parseIpRange, rangeContains } from '../../../../src/base/index.ts';
import { asciiLowerCase } from '../../../../src/policy/match/ascii-case.ts';
import { rangeMatcher } from '../../../../src/policy/match/cidr.ts';
import { parseRequestPrincipal } from '../../../../src/policy/match/claim.ts';
import { pathMatcher } from '../../../../src/policy/match/path.ts';
import {
  isPathTemplate,
  literalPrefix,
  parsePathTemplate,
  templateMatcher,
} from '../../../../src/policy/match/path-template.ts';
import { parsePort } from '../../../../src/policy/match/port.ts';
import { prefixTable } from '../../../../src/policy/match/prefix-table.ts';
import { isNonEmpty, textMatcher } from '../../../../src/policy/match/text-matcher.ts';
import { parseTextPattern } from '../../../../src/policy/match/text-pattern.ts';

const short = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\u{1F600}', '\uffff'), maxLength: 6 });

describe('prefixTable', () => {
  it('finds every prefix of a text, as a scan does', () => {
    fc.assert(
      fc.property(fc.array(short, { maxLength: 20 }), short, (prefixes, text) => {
        const table = atOnce(prefixTable(prefixes));
        const found: string[] = [];
        table.some(text, (position) => {
          found.push(table.prefixes[position] ?? '');
          return false;
        });
        const expected = [...new Set(prefixes)].filter((prefix) => text.startsWith(prefix));
        expect(found.toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 2000 },
    );
  });

  it('stops when the visitor has enough', () => {
    const seen: number[] = [];
    const table = atOnce(prefixTable(['', 'a', 'aa']));
    expect(table.some('aaa', (position) => seen.push(position) === 2)).toBe(true);
    expect(seen).toEqual([2, 1]);
  });
});

describe('a prefix table of many', () => {
  it('can be put aside between any two prefixes', () => {
    const texts = Array.from({ length: 2000 }, (_, index) => `/${index}/`);
    let steps = 0;
    for (const work = prefixTable(texts); work.next().done !== true; ) {
      steps += 1;
    }
    expect(steps).toBeGreaterThanOrEqual(texts.length);
  });
});

describe('pathMatcher', () => {
  const values = ['/a', '/b/*', '/c/{*}', '*/d', '/e/{**}/f'].map((text) => {
    const template = isPathTemplate(text) ? parsePathTemplate(text) : undefined;
    return typeof template === 'object' ? template : parseTextPattern(text);
  });

  it.each([
    ['/a', true],
    ['/b/x/y', true],
    ['/c/x', true],
    ['/x/d', true],
    ['/e/x/f', true],
    ['/c/x/y', false],
    ['/a/', false],
    ['', false],
  ])('takes texts and templates: %s', (path, expected) => {
    expect(pathMatcher(values)(path)).toBe(expected);
  });
});

describe('textMatcher', () => {
  it('takes many values as it takes each of them', () => {
    const value = fc.oneof(
      short.filter((text) => text !== ''),
      short.map((text) => `*${text}`),
      short.map((text) => `${text}*`),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), short, (values, text) => {
        const patterns = values.map(parseTextPattern);
        const expected = patterns.some((pattern) => textMatcher([pattern], isNonEmpty)(text));
        expect(textMatcher(patterns, isNonEmpty)(text)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['a', 'a*', '*a'])('takes %s that stands twice', (value) => {
    const matches = textMatcher([parseTextPattern(value), parseTextPattern(value)], isNonEmpty);
    expect([matches('a'), matches('b')]).toEqual([true, false]);
  });

  it.each([
    ['exact', (i: number) => `v${i}`, 'v7', 'v10'],
    ['prefix', (i: number) => `v${i}*`, 'v7x', 'w7x'],
    ['suffix', (i: number) => `*${i}v`, 'x7v', 'x7w'],
  ])('takes one of ten values by their %s, and again when asked again', (_, make, hit, miss) => {
    const matches = textMatcher(
      Array.from({ length: 10 }, (_, index) => parseTextPattern(make(index))),
      isNonEmpty,
    );
    expect([matches(hit), matches(miss), matches(hit), matches(miss)]).toEqual([true, false, true, false]);
  });

  it('matches nothing without patterns', () => {
    expect(textMatcher([], () => true)('')).toBe(false);
  });
});

describe('asciiLowerCase', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['\u212aELVIN', '\u212aelvin'],
    ['\u0130stanbul', '\u0130stanbul'],
    ['ÄZ', 'Äz'],
  ])('of %s is %s', (text, expected) => {
    expect(asciiLowerCase(text)).toBe(expected);
  });
});

describe('rangeMatcher', () => {
  it.each([1, 7, 8, 20])('of %i ranges answers the same when asked again', (count) => {
    const ranges = Array.from({ length: count }, (_, index) => parseIpRange(`10.${index}.0.0/16`));
    const contains = rangeMatcher(ranges.filter((one) => one !== undefined));
    const answers = ['10.0.0.0', '10.0.255.255', '11.0.0.0', '9.255.255.255', '10.0.0.0', '::1'].map(
      (text) => {
        const ip = parseIpAddress(text);
        return ip && contains(ip);
      },
    );
    expect(answers).toEqual([true, true, false, false, true, false]);
  });

  it.each([1, 20])('of %i ranges ends where each range ends', (count) => {
    const beside = (family: 4 | 6, index: number) => {
      const prefixLength = family === 4 ? 24 : 64;
      const hostBits = BigInt((family === 4 ? 32 : 128) - prefixLength);
      // Only every second network, so that one bit too few or too many reaches a neighbour.
      const first = ((family === 4 ? 0x0a0000n : 0x20010db800000000n) + BigInt(index) * 2n + 1n) << hostBits;
      return {
        range: { family, bits: first, prefixLength } as const,
        first,
        last: first + (1n << hostBits) - 1n,
      };
    };
    for (const family of [4, 6] as const) {
      const all = Array.from({ length: count }, (_, index) => beside(family, index));
      const contains = rangeMatcher(all.map(({ range }) => range));
      for (const { first, last } of all) {
        const answers = [first - 1n, first, last, last + 1n].map((bits) => contains({ family, bits }));
        expect(answers).toEqual([false, true, true, false]);
      }
    }
  });

  it('agrees with each range by itself', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((text) => parseIpAddress(text) !== undefined),
      fc.constantFrom('10.0.0.1', '10.0.0.129', '::1', '::ffff:10.0.0.1'),
    );
    const range = fc
      .tuple(address, fc.nat(128))
      .map(([text, length]) => `${text}/${text.includes(':') ? length : length % 33}`);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), address, (ranges, text) => {
        const parsed = ranges.map(parseIpRange).filter((one) => one !== undefined);
        const ip = parseIpAddress(text);
        expect(parsed).toHaveLength(ranges.length);
        expect(ip && rangeMatcher(parsed)(ip)).toBe(ip && parsed.some((one) => rangeContains(one, ip)));
      }),
    );
  });
});

describe('path templates', () => {
  const segment = fc.constantFrom('a', 'b', '{*}', '{*}', 'c.d');
  const template = fc
    .tuple(
      fc.array(segment, { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([head, tail, hasRest, endsInSlash]) =>
      ['', ...head, ...(hasRest ? ['{**}', ...tail] : []), ...(endsInSlash ? [''] : [])].join('/'),
    );
  const path = fc
    .array(fc.constantFrom('/', '/a', '/b', '/c.d', '/cxd', '/*', 'a', ' ', '//'), { maxLength: 7 })
    .map((parts) => parts.join(''));

  it('match as the regular expression that Envoy makes of them', () => {
    const chars = "[A-Za-z0-9\\-._~%!$&'()+,;:@=*]";
    fc.assert(
      fc.property(template, path, (text, request) => {
        const parsed = parsePathTemplate(text);
        const source = text
          .replaceAll('.', '\\.')
          .replaceAll('{**}', `(?:${chars}|/)*`)
          .replaceAll('{*}', `${chars}+`);
        expect(typeof parsed).toBe('object');
        if (typeof parsed === 'object') {
          const matches = new RegExp(`^${source}$`).test(request);
          expect(templateMatcher(parsed)(request)).toBe(matches);
          expect(matches && !request.startsWith(literalPrefix(parsed))).toBe(false);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['/{**}', 'abc', false],
    ['/{**}', '', false],
    ['/{**}', '/', true],
    ['/a/{**}', 'xa/b', false],
    ['/a/{**}', '/a', false],
    ['/a/{**}', '/a/', true],
    ['/a/{**}/b', '/a/b', false],
    ['/a/{**}/b', '/a//b', true],
    ['/a/{**}/', '/a/b', false],
    ['/{*}/b', 'xa/b', false],
    ['/{*}', '/a/b', false],
    ['/{*}/b/c', '/a', false],
  ])('%s on `%s`: %s', (text, path, expected) => {
    const parsed = parsePathTemplate(text);
    expect(typeof parsed === 'object' && templateMatcher(parsed)(path)).toBe(expected);
  });

  it.each([
    ['a/{*}', 'no_leading_slash'],
    ['/a//{*}', 'empty_segment'],
    ['//{*}', 'empty_segment'],
    ['/{*}//', 'empty_segment'],
    ['/{*}b', 'stray_brace'],
    ['/{', 'stray_brace'],
    ['/{**}/{**}', 'after_rest'],
    ['/{**}/{*}', 'after_rest'],
    ['/a*/{*}', 'character'],
    ['/ü/{*}', 'character'],
  ])('refuse %s', (text, error) => {
    expect(parsePathTemplate(text)).toBe(error);
  });

  it.each([
    ['/{*}', '/'],
    ['/a/{**}', '/a/'],
    ['/a/b/{*}/c', '/a/b/'],
  ])('%s begin with %s', (text, prefix) => {
    const parsed = parsePathTemplate(text);
    expect(typeof parsed === 'object' && literalPrefix(parsed)).toBe(prefix);
  });
});

describe('parsePort', () => {
  it.each([
    ['0', 0],
    ['65535', 65_535],
    ['00080', 80],
    ['65536', undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['٣', undefined],
  ])('reads %s as %s', (text, port) => {
    expect(parsePort(text)).toBe(port);
  });
});

describe('parseRequestPrincipal', () => {
  it.each([
    ['a/b/c', { kind: 'exact', text: 'a/b' }, { kind: 'exact', text: 'c' }],
    ['/', { kind: 'exact', text: '' }, { kind: 'exact', text: '' }],
    ['/x', { kind: 'exact', text: '' }, { kind: 'exact', text: 'x' }],
    ['*/', { kind: 'present' }, { kind: 'exact', text: '' }],
    ['*x/*', { kind: 'suffix', text: 'x' }, { kind: 'exact', text: '*' }],
    ['a/b*', { kind: 'exact', text: 'a' }, { kind: 'prefix', text: 'b' }],
  ])('splits %s at the last slash', (value, issuer, subject) => {
    expect(parseRequestPrincipal(value)).toEqual({ issuer, subject });
  });
});
