import { describe, expect, it } from 'vitest';
import { createEntrySet, nearestEntry } from '../../../src/workload/index.ts';
import { entryFor } from '../../fakes/entries.ts';
import { EXAMPLE_ORG } from './objects.ts';

const set = createEntrySet(
  [
    entryFor('spiffe://example.org/a', ['unix:uid:1', 'unix:user:a']),
    entryFor('spiffe://example.org/b', ['sallyport:socket:b', 'unix:gid:2', 'unix:uid:1']),
    entryFor('spiffe://example.org/c', ['unix:uid:3']),
  ],
  EXAMPLE_ORG,
);

describe('nearestEntry', () => {
  it.each([
    ['fewest missing', ['unix:gid:2', 'sallyport:socket:b'], 'spiffe://example.org/b', ['unix:uid:1']],
    ['then most shown', ['unix:uid:1', 'unix:gid:2'], 'spiffe://example.org/b', ['sallyport:socket:b']],
    ['nothing shown', [], 'spiffe://example.org/c', ['unix:uid:3']],
    ['one that matches', ['unix:uid:3'], 'spiffe://example.org/c', []],
  ])('%s', (_, selectors, id, missing) => {
    const nearest = nearestEntry(set, selectors);
    expect([nearest?.entry.spiffeId.uri, nearest?.missing]).toEqual([id, missing]);
  });

  it('is none without entries', () => {
    expect(nearestEntry(createEntrySet([], EXAMPLE_ORG), ['unix:uid:1'])).toBeUndefined();
  });
});
