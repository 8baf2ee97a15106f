import { describe, expect, it } from 'vitest';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { type GenericSecrets, NO_SECRETS } from '../../../src/sds/generic-secrets.ts';
import { SECRET_NAMES } from '../../../src/sds/sources.ts';
import { createWishBook } from '../../../src/sds/wish-book.ts';
import { createEntrySet, type EntrySet } from '../../../src/workload/index.ts';
import { entryFor } from '../../fakes/entries.ts';

const TRUST_DOMAIN = parseTrustDomain('example.org');
const ID = 'spiffe://example.org/a';
const set = createEntrySet([entryFor(ID, ['unix:uid:1'])], TRUST_DOMAIN);

function newBook() {
  const book = createWishBook(SECRET_NAMES);
  return (entries: EntrySet, selectors: readonly string[], generic: GenericSecrets = NO_SECRETS) =>
    book(entries, generic, selectors);
}

describe('createWishBook', () => {
  it('works out once what callers with the same selectors may have', () => {
    const book = newBook();
    const rights = book(set, ['unix:uid:1', 'unix:gid:1']);
    expect(rights.entryCount).toBe(1);
    expect(rights.wishes.of(ID)?.kind).toBe('svid');
    expect(book(set, ['unix:uid:1', 'unix:gid:1'])).toBe(rights);
  });

  it('gives others nothing of it, and another set of entries is looked at anew', () => {
    const book = newBook();
    expect(book(set, ['unix:uid:1']).entryCount).toBe(1);
    expect(book(set, ['unix:uid:2']).entryCount).toBe(0);
    expect(book(set, ['unix:uid:2']).wishes.of(ID)).toBeUndefined();
    expect(book(createEntrySet([], TRUST_DOMAIN), ['unix:uid:1']).entryCount).toBe(0);
  });

  it('looks again when the generic secrets are others', () => {
    const book = newBook();
    expect(book(set, ['unix:uid:1']).wishes.of('key')).toBeUndefined();
    const generic = new Map([['key', { content: Uint8Array.of(1), spiffeIds: new Set([ID]) }]]);
    expect(book(set, ['unix:uid:1'], generic).wishes.of('key')?.kind).toBe('generic');
    expect(book(set, ['unix:uid:1']).wishes.of('key')).toBeUndefined();
  });

  it('keeps selectors apart that look alike when they are joined', () => {
    const book = newBook();
    const both = createEntrySet([entryFor(ID, ['a', 'b'])], TRUST_DOMAIN);
    expect(book(both, ['a","b']).entryCount).toBe(0);
    expect(book(both, ['a', 'b']).entryCount).toBe(1);
  });

  it('forgets the callers of before when there are too many', () => {
    const book = newBook();
    const first = book(set, ['unix:uid:1']);
    for (let uid = 2; uid <= 1000; uid += 1) {
      book(set, [`unix:uid:${uid}`]);
    }
    expect(book(set, ['unix:uid:1001']).entryCount).toBe(0);
    const again = book(set, ['unix:uid:1']);
    expect(again).not.toBe(first);
    expect(again.entryCount).toBe(1);
  });
});
