import { describe, expect, it } from 'vitest';
import type { KeySetSource } from '../../../src/jwt/index.ts';
import {
  createKeySets,
  type KeySetStore,
  type KeySets,
  keysOptions,
  type StoredKeySet,
} from '../../../src/keys/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { eventLog } from '../../fakes/events.ts';
import { fakeKeyServer } from '../../fakes/key-server.ts';
import { seededRandom } from '../../fakes/random.ts';
import { jwksOf, testKey } from '../../fakes/token-issuer.ts';

const START = Date.UTC(2026, 0, 1);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const URL_A = 'https://a.example/jwks?tenant=secret';
const DISCOVERY = 'https://b.example/.well-known/openid-configuration';

const uri = (keySetId = 'a', jwksUri = URL_A): KeySetSource => ({
  kind: 'uri',
  keySetId,
  jwksUri,
  timeoutMillis: 5000,
});
const inlineSource = (jwks: string): Extract<KeySetSource, { kind: 'inline' }> => ({
  kind: 'inline',
  keySetId: 'inline',
  jwks,
});
const discovery: KeySetSource = {
  kind: 'discovery',
  keySetId: 'b',
  issuer: 'https://b.example',
  timeoutMillis: 5000,
};

function world(settings: Readonly<Record<string, unknown>> = {}, store?: KeySetStore) {
  const clock = fakeClock(START);
  const server = fakeKeyServer();
  const events = eventLog();
  const start = (): KeySets =>
    createKeySets({
      options: keysOptions.parse(settings),
      fetch: server.fetch,
      clock,
      random: seededRandom(7),
      events: events.sink,
      ...(store === undefined ? {} : { store }),
    });
  return { clock, server, events, start, sets: start() };
}

it('names the issuers of the rules that use a set now', async () => {
  const { sets, server, events, clock } = world();
  server.serve(URL_A, jwksOf('p256'));
  sets.use([uri()], new Map([['a', ['https://a.example', '*']]]));
  await clock.advance(1);
  expect(events.named('keys.fetched')).toMatchObject([{ fields: { issuers: ['https://a.example', '*'] } }]);
  sets.use([uri(), uri('other', 'https://other.example/keys')], new Map([['a', ['https://a.example']]]));
  expect(sets.state()).toMatchObject([
    { keySetId: 'a', issuers: ['https://a.example'], keys: 1 },
    { keySetId: 'other', issuers: [] },
  ]);
});

function versionOf(sets: KeySets, keySetId = 'a'): string {
  const state = sets.view().keySet(keySetId);
  return state.state === 'ready' ? state.version : state.state;
}

function isRefreshable(sets: KeySets, keySetId = 'a'): boolean {
  const state = sets.view().keySet(keySetId);
  return state.state === 'ready' && state.refreshable === true;
}

function memoryStore(): KeySetStore & { readonly kept: Map<string, StoredKeySet> } {
  const kept = new Map<string, StoredKeySet>();
  return {
    kept,
    load: (keySetId) => kept.get(keySetId),
    save: (keySetId, set) => void kept.set(keySetId, set),
    keepOnly(keySetIds) {
      for (const keySetId of kept.keys()) {
        if (!keySetIds.has(keySetId)) {
          kept.delete(keySetId);
        }
      }
    },
  };
}

describe('inline sets', () => {
  it('are ready at once, symmetric keys included', () => {
    const { sets } = world();
    sets.use([inlineSource(jwksOf('secret'))]);
    expect(sets.view().keySet('inline')).toMatchObject({ state: 'ready', keys: { size: 1 } });
    expect(isRefreshable(sets, 'inline')).toBe(false);
    expect(sets.state()).toMatchObject([{ kind: 'inline', status: 'ready', keys: 1, ageSeconds: undefined }]);
  });

  it('are checked before they are used', () => {
    const { sets } = world();
    expect(sets.checkInline(inlineSource(jwksOf('p256')))).toBeUndefined();
    expect(sets.checkInline(inlineSource('{"keys":[]}'))?.code).toBe('ERR_KEY_SET_EMPTY');
    expect(sets.checkInline(inlineSource('x'))?.code).toBe('ERR_KEY_SET_JSON');
  });

  it('that are broken are unusable, and waiting for them says why', async () => {
    const { sets } = world();
    sets.use([inlineSource('{}')]);
    expect(sets.view().keySet('inline')).toEqual({ state: 'unusable' });
    await expect(sets.waitFor(['inline'], 1000)).rejects.toMatchObject({ code: 'ERR_KEY_SET_SHAPE' });
  });
});

it('a store that fails to forget costs nobody a key set', () => {
  const store: KeySetStore = {
    ...memoryStore(),
    keepOnly() {
      throw new Error('disk is full');
    },
  };
  const { sets, events } = world({}, store);
  sets.use([inlineSource(jwksOf('p256'))]);
  expect(sets.view().keySet('inline')).toMatchObject({ state: 'ready' });
  expect(events.named('keys.not_forgotten')).toHaveLength(1);
});

describe('fetched sets', () => {
  it('are fetched in the background as soon as they are wanted', async () => {
    const { sets, server, clock, events } = world();
    server.serve(URL_A, jwksOf('p256', 'secret'));
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
    sets.use([uri()]);
    expect(server.asked).toEqual([URL_A]);
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
    await clock.advance(0);
    expect(sets.view().keySet('a')).toMatchObject({ state: 'ready', keys: { size: 1 } });
    expect(events.named('keys.fetched')).toMatchObject([
      { fields: { source: 'https://a.example', keySetId: 'a', keys: 1, changed: true } },
    ]);
  });

  it('come to a view that was made before them', async () => {
    const { sets, server, clock } = world();
    const view = sets.view();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    expect(view.keySet('a').state).toBe('ready');
  });

  it('go on when they are named again, and end when they are not', async () => {
    const { sets, server, clock } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    sets.use([uri()]);
    expect(server.asked).toHaveLength(1);
    sets.use([]);
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
    await clock.advance(HOUR);
    expect(server.asked).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are asked for one request at a time', async () => {
    const { sets, server, clock } = world();
    const held = server.hold(URL_A);
    sets.use([uri()]);
    for (let count = 0; count < 100; count += 1) {
      lackKey(sets, 'a');
    }
    const waiting = Array.from({ length: 100 }, () => sets.waitFor(['a'], MINUTE));
    await clock.advance(SECOND);
    expect(server.asked).toHaveLength(1);
    held.answer(jwksOf('p256'));
    await Promise.all(waiting);
    expect(server.openMax).toBe(1);
    expect(versionOf(sets)).not.toBe('missing');
  });
});

describe('refreshing', () => {
  it.each([
    ['nothing is said', undefined, 4.5 * MINUTE, 5 * MINUTE],
    ['more than the least is asked', 600, 9 * MINUTE, 10 * MINUTE],
    ['less than the least is asked', 1, 27 * SECOND, 30 * SECOND],
    ['nothing may be kept', 0, 27 * SECOND, 30 * SECOND],
    ['more than the most is asked', 10 ** 6, 54 * MINUTE, HOUR],
  ])('comes in its time when %s', async (_name, maxAge, from, to) => {
    const { sets, server, clock } = world();
    server.serve(URL_A, jwksOf('p256'), maxAge);
    sets.use([uri()]);
    await clock.advance(from - 1);
    expect(server.asked).toHaveLength(1);
    await clock.advance(to - from + 1);
    expect(server.asked).toHaveLength(2);
  });

  it('replaces the keys, tells who listens, and is silent when nothing changed', async () => {
    const { sets, server, clock, events } = world();
    const changes: string[] = [];
    const end = sets.onChange((keySetId) => changes.push(keySetId));
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    const first = versionOf(sets);
    await clock.advance(5 * MINUTE);
    expect(versionOf(sets)).toBe(first);
    expect(changes).toEqual(['a']);
    server.serve(URL_A, jwksOf('p384'));
    await clock.advance(5 * MINUTE);
    expect(versionOf(sets)).not.toBe(first);
    expect(changes).toEqual(['a', 'a']);
    expect(events.named('keys.fetched').map(({ fields }) => fields?.['changed'])).toEqual([
      true,
      false,
      true,
    ]);
    end();
    server.serve(URL_A, jwksOf('p521'));
    await clock.advance(5 * MINUTE);
    expect(changes).toHaveLength(2);
  });

  it.each([
    ['empty', '{"keys":[]}', 'ERR_KEY_SET_EMPTY'],
    ['a page of HTML', '<html>maintenance</html>', 'ERR_KEY_SET_JSON'],
    ['cut off', jwksOf('p256').slice(0, 40), 'ERR_KEY_SET_JSON'],
    ['something else', '{}', 'ERR_KEY_SET_SHAPE'],
    ['without a usable key', jwksOf('secret'), 'ERR_KEY_SET_EMPTY'],
  ])('never replaces good keys by an answer that is %s', async (_name, text, code) => {
    const { sets, server, clock, events } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    const good = versionOf(sets);
    server.serve(URL_A, text);
    await clock.advance(5 * MINUTE);
    expect(versionOf(sets)).toBe(good);
    expect(events.named('keys.rejected')).toMatchObject([{ level: 'warn', fields: { code, failures: 1 } }]);
    expect(sets.state()).toMatchObject([{ status: 'ready', lastErrorCode: code, failures: 1 }]);
    server.serve(URL_A, jwksOf('p384'));
    await clock.advance(SECOND);
    expect(versionOf(sets)).not.toBe(good);
    expect(sets.state()).toMatchObject([{ lastErrorCode: undefined, failures: 0 }]);
  });

  it('backs off from a server that fails, and no further than the refresh time', async () => {
    const { sets, server, clock, events } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    server.fail(URL_A);
    await clock.advance(12 * HOUR);
    const retries = events.named('keys.fetch_failed').map(({ fields }) => Number(fields?.['retrySeconds']));
    expect(retries[0]).toBeLessThanOrEqual(1);
    expect(retries[4]).toBeGreaterThanOrEqual(8);
    expect(retries[4]).toBeLessThanOrEqual(16);
    expect(Math.max(...retries)).toBeLessThanOrEqual(300);
    expect(Math.min(...retries.slice(10))).toBeGreaterThanOrEqual(150);
    expect(retries.length).toBeLessThan((12 * HOUR) / (2.5 * MINUTE) + 10);
  });

  it('tries at least once a minute while there never were keys', async () => {
    const { sets, server, clock } = world();
    sets.use([uri()]);
    await clock.advance(HOUR);
    expect(server.asked.length).toBeGreaterThan(60);
    expect(server.asked.length).toBeLessThan(140);
    server.serve(URL_A, jwksOf('p256'));
    await clock.advance(MINUTE);
    expect(sets.view().keySet('a').state).toBe('ready');
  });
});

describe('an outage', () => {
  it('is served through by the last good keys, up to their greatest age', async () => {
    const { sets, server, clock, events } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    server.fail(URL_A);
    await clock.advance(24 * HOUR);
    expect(sets.view().keySet('a').state).toBe('ready');
    expect(sets.state()).toMatchObject([
      { status: 'ready', ageSeconds: 24 * 3600, lastErrorCode: 'ERR_KEY_FETCH_CONNECTION' },
    ]);
    await clock.advance(1);
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
    expect(sets.state()).toMatchObject([{ status: 'expired' }]);
    await clock.advance(10 * MINUTE);
    expect(events.named('keys.expired')).toHaveLength(1);
    server.serve(URL_A, jwksOf('p256'));
    await clock.advance(5 * MINUTE);
    expect(sets.view().keySet('a').state).toBe('ready');
  });

  it('counts the time that a machine slept', async () => {
    const { sets, server, clock } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    clock.jump(25 * HOUR);
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
  });

  it('is not made longer by a wall clock that is set back', async () => {
    const { sets, server, clock } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    server.fail(URL_A);
    clock.jump(-48 * HOUR);
    await clock.advance(24 * HOUR + 1);
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
  });

  it('that begins with garbage is said to be of no use waiting for', async () => {
    const { sets, server, clock } = world();
    server.serve(URL_A, '<html>');
    sets.use([uri()]);
    await clock.advance(0);
    expect(sets.view().keySet('a')).toEqual({ state: 'unusable' });
    server.fail(URL_A);
    await clock.advance(MINUTE);
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
  });
});

describe('unknown keys', () => {
  async function ready() {
    const made = world();
    made.server.serve(URL_A, jwksOf('p256'));
    made.sets.use([uri()]);
    await made.clock.advance(0);
    return made;
  }

  it('bring about at most one fetch in the cool-down, however many come', async () => {
    const { sets, server, clock } = await ready();
    for (let second = 0; second < 60; second += 1) {
      for (let count = 0; count < 200; count += 1) {
        lackKey(sets, 'a');
      }
      await clock.advance(SECOND);
    }
    expect(server.asked.length).toBeGreaterThanOrEqual(1 + 5);
    expect(server.asked.length).toBeLessThanOrEqual(1 + 6);
  });

  it('find the keys worth a fetch only after the cool-down', async () => {
    const { sets, clock } = await ready();
    expect(isRefreshable(sets)).toBe(false);
    await clock.advance(10 * SECOND - 1);
    expect(isRefreshable(sets)).toBe(false);
    await clock.advance(1);
    expect(isRefreshable(sets)).toBe(true);
  });

  it('wait for the fetch that they bring about, all for the same', async () => {
    const { sets, server, clock } = await ready();
    await clock.advance(10 * SECOND);
    const before = versionOf(sets);
    const held = server.hold(URL_A);
    const waiting = Promise.all([sets.waitFor(['a'], MINUTE), sets.waitFor(['a'], MINUTE)]);
    await clock.advance(0);
    expect(isRefreshable(sets)).toBe(true);
    held.answer(jwksOf('p256', 'p384'));
    await waiting;
    expect(versionOf(sets)).not.toBe(before);
    expect(isRefreshable(sets)).toBe(false);
    expect(server.asked).toHaveLength(2);
  });

  it('do not storm a server that fails, and known keys go on serving', async () => {
    const { sets, server, clock } = await ready();
    server.fail(URL_A);
    await clock.advance(10 * SECOND);
    await sets.waitFor(['a'], MINUTE);
    const { length } = server.asked;
    expect(isRefreshable(sets)).toBe(false);
    for (let count = 0; count < 1000; count += 1) {
      lackKey(sets, 'a');
      await sets.waitFor(['a'], MINUTE);
    }
    expect(server.asked).toHaveLength(length);
    expect(sets.view().keySet('a').state).toBe('ready');
  });

  it('of one set are no concern of another', async () => {
    const { sets, server, clock } = await ready();
    const other = 'https://c.example/jwks';
    server.serve(other, jwksOf('p384'));
    sets.use([uri(), uri('c', other)]);
    await clock.advance(11 * SECOND);
    lackKey(sets, 'a');
    lackKey(sets, 'unheard-of');
    await clock.advance(0);
    expect(server.asked.filter((url) => url === other)).toHaveLength(1);
    expect(server.asked.filter((url) => url === URL_A)).toHaveLength(2);
  });
});

describe('waitFor', () => {
  it('resolves as soon as the keys are there', async () => {
    const { sets, server, clock } = world();
    const held = server.hold(URL_A);
    sets.use([uri()]);
    let done = false;
    const waiting = sets.waitFor(['a'], 10 * SECOND).then(() => {
      done = true;
    });
    await clock.advance(SECOND);
    expect(done).toBe(false);
    held.answer(jwksOf('p256'));
    await waiting;
    expect(sets.view().keySet('a').state).toBe('ready');
    expect(clock.pendingTimers).toBe(1);
  });

  it('gives up at its time, and the fetch goes on', async () => {
    const { sets, server, clock } = world();
    const held = server.hold(URL_A);
    sets.use([uri()]);
    const waiting = sets.waitFor(['a'], 2 * SECOND);
    await clock.advance(2 * SECOND);
    await waiting;
    expect(sets.view().keySet('a').state).toBe('missing');
    held.answer(jwksOf('p256'));
    await clock.advance(0);
    expect(sets.view().keySet('a').state).toBe('ready');
  });

  it('rejects at once when the fetch fails, and while no other may be tried', async () => {
    const { sets, server, clock } = world();
    sets.use([uri()]);
    await expect(sets.waitFor(['a'], MINUTE)).rejects.toMatchObject({ code: 'ERR_KEY_FETCH_CONNECTION' });
    const { length } = server.asked;
    await expect(sets.waitFor(['a'], MINUTE)).rejects.toMatchObject({ code: 'ERR_KEY_FETCH_CONNECTION' });
    expect(server.asked).toHaveLength(length);
    await clock.advance(0);
  });

  it('rejects for a set that nobody uses', async () => {
    const { sets } = world();
    await expect(sets.waitFor(['x'], MINUTE)).rejects.toMatchObject({ code: 'ERR_KEY_SET_UNKNOWN' });
  });

  it('resolves at once for keys that are there and fresh', async () => {
    const { sets, server, clock } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    await sets.waitFor(['a'], MINUTE);
    expect(server.asked).toHaveLength(1);
  });
});

describe('discovery', () => {
  const document = (changes: Readonly<Record<string, unknown>> = {}): string =>
    JSON.stringify({ issuer: 'https://b.example', jwks_uri: 'https://b.example/keys', ...changes });

  it('finds the keys of an issuer, and asks again only now and then', async () => {
    const { sets, server, clock } = world();
    server.serve(DISCOVERY, document());
    server.serve('https://b.example/keys', jwksOf('p256'));
    sets.use([discovery]);
    await clock.advance(0);
    expect(sets.view().keySet('b').state).toBe('ready');
    expect(server.asked).toEqual([DISCOVERY, 'https://b.example/keys']);
    await clock.advance(HOUR - SECOND);
    expect(server.asked.filter((url) => url === DISCOVERY)).toHaveLength(1);
    await clock.advance(10 * MINUTE);
    expect(server.asked.filter((url) => url === DISCOVERY)).toHaveLength(2);
  });

  it('takes one slash off the end of the issuer for the address, not for the comparison', async () => {
    const { sets, server, clock } = world();
    const issuer = 'https://b.example/';
    server.serve(DISCOVERY, document({ issuer }));
    server.serve('https://b.example/keys', jwksOf('p256'));
    sets.use([{ ...discovery, issuer }]);
    await clock.advance(0);
    expect(sets.view().keySet('b').state).toBe('ready');
  });

  it.each([
    ['another issuer', document({ issuer: 'https://evil.example' })],
    ['the issuer with a slash', document({ issuer: 'https://b.example/' })],
    ['no issuer', document({ issuer: undefined })],
    ['no jwks_uri', document({ jwks_uri: undefined })],
    ['a jwks_uri that is no text', document({ jwks_uri: ['https://b.example/keys'] })],
    ['no JSON', '<html>'],
    ['null', 'null'],
  ])('believes no document with %s', async (_name, text) => {
    const { sets, server, clock, events } = world();
    server.serve(DISCOVERY, text);
    server.serve('https://b.example/keys', jwksOf('p256'));
    sets.use([discovery]);
    await clock.advance(0);
    expect(sets.view().keySet('b')).toEqual({ state: 'unusable' });
    expect(events.named('keys.rejected')).toMatchObject([{ fields: { code: 'ERR_KEY_DISCOVERY' } }]);
    expect(server.asked).toEqual([DISCOVERY]);
  });

  it('looks for the keys anew after they could not be fetched', async () => {
    const { sets, server, clock } = world();
    server.serve(DISCOVERY, document());
    server.serve('https://b.example/keys', jwksOf('p256'));
    sets.use([discovery]);
    await clock.advance(0);
    server.fail('https://b.example/keys');
    server.serve(DISCOVERY, document({ jwks_uri: 'https://b.example/moved' }));
    server.serve('https://b.example/moved', jwksOf('p384'));
    const before = versionOf(sets, 'b');
    await clock.advance(6 * MINUTE);
    expect(versionOf(sets, 'b')).not.toBe(before);
  });
});

describe('a restart', () => {
  it('serves from what was kept while the server is away', async () => {
    const store = memoryStore();
    const { sets, server, clock, start, events } = world({}, store);
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    const version = versionOf(sets);
    sets.stop();
    server.fail(URL_A);
    await clock.advance(HOUR);
    const next = start();
    next.use([uri()]);
    expect(versionOf(next)).toBe(version);
    expect(next.state()).toMatchObject([{ status: 'ready', ageSeconds: 3600 }]);
    expect(events.named('keys.restored')).toMatchObject([{ fields: { ageSeconds: 3600 } }]);
    await clock.advance(23 * HOUR + 1);
    expect(next.view().keySet('a')).toEqual({ state: 'missing' });
  });

  it.each([
    ['too old', { text: jwksOf('p256'), fetchedAtMillis: START - 24 * HOUR - 1 }],
    ['from a time to come', { text: jwksOf('p256'), fetchedAtMillis: START + 1 }],
    ['damaged', { text: 'x', fetchedAtMillis: START }],
    ['symmetric', { text: jwksOf('secret'), fetchedAtMillis: START }],
  ])('does not believe what is %s', (_name, kept) => {
    const store = memoryStore();
    store.save('a', kept);
    const { sets } = world({}, store);
    sets.use([uri()]);
    expect(sets.view().keySet('a')).toEqual({ state: 'missing' });
  });

  it('forgets sets that nobody uses', async () => {
    const store = memoryStore();
    store.save('old', { text: jwksOf('p256'), fetchedAtMillis: START });
    const { sets, server, clock } = world({}, store);
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    expect([...store.kept.keys()]).toEqual(['a']);
  });

  it('goes on without its store when that fails', async () => {
    const full = (): never => {
      throw new Error('disk full');
    };
    const { sets, server, clock, events } = world({}, { load: full, save: full, keepOnly: () => {} });
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    expect(sets.view().keySet('a').state).toBe('ready');
    expect(events.named('keys.not_kept')).toHaveLength(2);
  });
});

describe('stop', () => {
  it('ends requests and timers, and says nothing more', async () => {
    const { sets, server, clock, events } = world();
    server.hold(URL_A);
    sets.use([uri()]);
    expect(server.open).toBe(1);
    sets.stop();
    await clock.advance(0);
    expect(server.open).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    expect(events.all).toEqual([]);
    await clock.advance(HOUR);
    expect(server.asked).toHaveLength(1);
  });
});

describe('events', () => {
  it('hold no key, no path and no query', async () => {
    const { sets, server, clock, events } = world();
    server.serve(URL_A, jwksOf('p256'));
    sets.use([uri()]);
    await clock.advance(0);
    server.serve(URL_A, `${jwksOf('p256')}x`);
    await clock.advance(5 * MINUTE);
    server.fail(URL_A);
    await clock.advance(HOUR);
    const text = JSON.stringify(
      events.all.map(({ error, ...event }) => ({ ...event, error: String(error) })),
    );
    expect(events.all.length).toBeGreaterThan(5);
    expect(text).not.toContain('tenant');
    expect(text).not.toContain('jwks');
    expect(text).not.toContain(String(testKey('p256').jwk['x']));
  });
});

/** What the loop around a verdict does when a token names a key that the set lacks; nobody waits here. */
function lackKey(sets: Pick<KeySets, 'waitFor'>, keySetId: string): void {
  void sets.waitFor([keySetId], MINUTE).catch(() => undefined);
}
