import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKeySetStore } from '../../../src/keys/index.ts';
import { openState } from '../../../src/store/index.ts';

describe('createKeySetStore', () => {
  it('keeps sets across restarts, the newest of each', () => {
    const parent = mkdtempSync(join(tmpdir(), 'sp-key-sets-'));
    onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
    const folder = join(parent, 'state');
    const state = openState(folder);
    const store = createKeySetStore(state);
    expect(store.load('a')).toBeUndefined();
    store.save('a', { text: 'old', fetchedAtMillis: 1 });
    store.save('a', { text: 'new', fetchedAtMillis: 1_767_225_600_000 });
    store.save('b', { text: 'b', fetchedAtMillis: 2 });
    state.close();
    const again = openState(folder);
    const reopened = createKeySetStore(again);
    expect(reopened.load('a')).toEqual({ text: 'new', fetchedAtMillis: 1_767_225_600_000 });
    reopened.keepOnly(new Set(['a', 'c']));
    expect(reopened.load('b')).toBeUndefined();
    expect(reopened.load('a')?.text).toBe('new');
    again.close();
  });
});
