import { describe, expect, it } from 'vitest';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { SECRET_NAMES } from '../../../src/sds/index.ts';
import { wishesOf } from '../../../src/sds/wish.ts';
import { entryFor } from '../../fakes/entries.ts';

const TRUST_DOMAIN = parseTrustDomain('example.org');
const A = entryFor('spiffe://example.org/a', ['x:y'], { name: '1' });
const B = entryFor('spiffe://example.org/b', ['x:y'], { name: '2' });
const A_AGAIN = entryFor('spiffe://example.org/a', ['x:y'], { name: '3', hint: 'later' });
const wishes = wishesOf([A, B, A_AGAIN], TRUST_DOMAIN, SECRET_NAMES);

describe('wishesOf', () => {
  it.each<[string, object | undefined]>([
    ['default', { kind: 'svid', entry: A }],
    ['spiffe://example.org/a', { kind: 'svid', entry: A }],
    ['spiffe://example.org/b', { kind: 'svid', entry: B }],
    ['ROOTCA', { kind: 'bundle' }],
    ['ALL', { kind: 'bundle' }],
    ['spiffe://example.org', { kind: 'bundle' }],
    ['spiffe://example.org/', undefined],
    ['spiffe://example.org/c', undefined],
    ['spiffe://example.com', undefined],
    ['SPIFFE://example.org', undefined],
    ['rootca', undefined],
    ['', undefined],
    ['__proto__', undefined],
  ])('reads `%s`', (name, expected) => {
    expect(wishes.of(name)).toEqual(expected);
  });

  it('reads a DNS name as the first entry that has it, and a generic secret where the caller may have it', () => {
    const named = entryFor('spiffe://example.org/n', ['x:y'], {
      dnsNames: ['Shop.example.org', '*.a.org', 'key'],
    });
    const later = entryFor('spiffe://example.org/l', ['x:y'], { dnsNames: ['shop.example.org'] });
    const secret = (id: string) => ({
      content: Buffer.from('x'),
      spiffeIds: new Set([`spiffe://example.org/${id}`]),
    });
    const own = secret('l');
    const generic = new Map([
      ['own', own],
      ['foreign', secret('a')],
      ['key', own],
    ]);
    const byName = wishesOf([named, later], TRUST_DOMAIN, SECRET_NAMES, generic);
    const svid = { kind: 'svid', entry: named };
    const seen = ['SHOP.example.org', 'b.a.org', 'c.b.a.org', 'a.org', 'own', 'foreign', 'key'].map(
      byName.of,
    );
    expect(seen).toEqual([
      svid,
      svid,
      undefined,
      undefined,
      { kind: 'generic', secret: own },
      undefined,
      svid,
    ]);
    expect([...byName.all().keys()]).not.toContain('own');
  });

  it('lists each identity once, after the bundle', () => {
    expect([...wishes.all().keys()]).toEqual([
      'spiffe://example.org',
      'spiffe://example.org/a',
      'spiffe://example.org/b',
    ]);
  });

  it('gives a stranger nothing', () => {
    const none = wishesOf([], TRUST_DOMAIN, SECRET_NAMES);
    expect(['default', 'ROOTCA', 'ALL', 'spiffe://example.org'].map((name) => none.of(name))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(none.all().size).toBe(0);
  });
});
