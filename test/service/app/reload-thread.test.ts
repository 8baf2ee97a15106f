import { describe, expect, it, onTestFinished } from 'vitest';
import type { Content, ContentInput } from '../../../src/app/content.ts';
import { readContent } from '../../../src/app/content.ts';
import { readContentInThread } from '../../../src/app/read-in-thread.ts';
import { startReload } from '../../../src/app/reload.ts';
import { type AppEvent, SallyportError, systemClock } from '../../../src/base/index.ts';
import { readSettings } from '../../../src/config/index.ts';
import { ALLOW_ORDERS, makeSite, type Site } from './bed.ts';

async function inputOf({ settingsPath }: Site): Promise<ContentInput> {
  const { value: settings } = await readSettings(settingsPath);
  if (settings === undefined) {
    throw new Error('the settings of the test do not load');
  }
  return { settings, settingsPath, clock: systemClock };
}

const NEVER = new AbortController().signal;

/** A thread that does this instead of reading. */
function program(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

const ALL_FORMS = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: forms, namespace: shop }
spec:
  action: DENY
  selector: { matchLabels: { app: orders } }
  rules:
    - from: [{ source: { ipBlocks: [10.0.0.0/8, "2001:db8::/32"], namespaces: ["a*"] } }]
      to: [{ operation: { paths: ["/a/{*}/{**}", "/b*", "*c"], hosts: [X.example], ports: ["80"] } }]
      when: [{ key: "request.headers[x]", values: ["*"] }, { key: "request.auth.claims[a][b]", notValues: [c] }]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: i, jwks: '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}' }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: peers, namespace: shop }
spec: { selector: { matchLabels: { app: orders } }, mtls: { mode: STRICT }, portLevelMtls: { "80": { mode: DISABLE } } }
`;

describe('reading in another thread', () => {
  it('gives what reading in this one gives', async () => {
    const site = makeSite();
    site.write('policies/forms.yaml', ALL_FORMS);
    const input = await inputOf(site);
    const here = await readContent(input);
    const there = await readContentInThread({ ...input, signal: NEVER });
    expect(there.signature).toBe(here.signature);
    expect(there.diagnostics).toEqual(here.diagnostics);
    expect(there.content?.policies).toEqual(here.content?.policies);
    expect(there.content?.policies.authorization).toHaveLength(2);
    expect(there.content?.directory.content).toEqual(here.content?.directory.content);
    expect(there.content?.directory.byAddress('10.0.0.7')).toHaveLength(1);
    expect(there.content?.entries.entries).toEqual(here.content?.entries.entries);
    expect(there.content?.entries.matching(['sallyport:socket:web'])).toHaveLength(1);
  });

  it('gives the same problems', async () => {
    const site = makeSite();
    site.write('policies/bad.yaml', 'a: [');
    site.write('policies/worse.yaml', `${ALLOW_ORDERS.replace('readers', 'others')}  sped: 1\n`);
    const input = await inputOf(site);
    const { content, diagnostics } = await readContentInThread({ ...input, signal: NEVER });
    expect(content).toBeUndefined();
    expect(diagnostics).toEqual((await readContent(input)).diagnostics);
    expect(diagnostics.length).toBeGreaterThan(1);
  });

  it.each([
    ['dies', 'process.exit(1)', 'ended without an outcome'],
    ['throws', 'throw new Error("no reading today")', 'failed'],
    ['runs out of memory', 'const kept = []; for (;;) kept.push(new Array(1e6).fill(kept.length))', 'failed'],
    ['hangs', 'for (;;);', 'took over 300 ms'],
  ])('rejects when the thread %s', async (_, text, message) => {
    const input = await inputOf(makeSite());
    const millisMax = text === 'for (;;);' ? 300 : 60_000;
    const reading = readContentInThread({
      ...input,
      signal: NEVER,
      millisMax,
      heapMegabytesMax: 32,
      program: program(text),
    });
    await expect(reading).rejects.toMatchObject({ code: 'ERR_RELOAD_THREAD' });
    await expect(reading).rejects.toThrow(message);
  });

  it('ends with the signal, and the thread with it', async () => {
    const input = await inputOf(makeSite());
    const stopping = new AbortController();
    const reading = readContentInThread({ ...input, signal: stopping.signal, program: program('for (;;);') });
    stopping.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
  });
});

describe('a reload', () => {
  it('whose thread fails leaves the old set, raises an alarm, and is tried again', async () => {
    const site = makeSite();
    const input = await inputOf(site);
    const events: AppEvent[] = [];
    const taken: Content[] = [];
    let readings = 0;
    const reload = startReload({
      ...input,
      since: 'other files',
      events: (event) => void events.push(event),
      serving: { replace: async (content) => void taken.push(content) },
      read: async () => {
        readings += 1;
        if (readings === 1) {
          throw new SallyportError('ERR_RELOAD_THREAD', 'the thread that reads changed files failed');
        }
        return readContent(input);
      },
    });
    onTestFinished(() => reload.stop());
    await expect.poll(() => reload.lastReport()?.outcome, { timeout: 5000 }).toBe('refused');
    expect(events).toMatchObject([
      { level: 'error', event: 'config.reload_failed', error: { code: 'ERR_RELOAD_THREAD' } },
    ]);
    expect(taken).toEqual([]);
    await expect.poll(() => reload.lastReport()?.outcome, { timeout: 5000 }).toBe('taken_up');
    expect(taken).toHaveLength(1);
  });

  it('that cannot be compiled leaves the old set and raises an alarm', async () => {
    const input = await inputOf(makeSite());
    const events: AppEvent[] = [];
    const reload = startReload({
      ...input,
      since: 'other files',
      events: (event) => void events.push(event),
      serving: { replace: () => Promise.reject(new Error('cannot be compiled')) },
      read: () => readContent(input),
    });
    onTestFinished(() => reload.stop());
    await expect
      .poll(() => reload.lastReport(), { timeout: 5000 })
      .toMatchObject({ outcome: 'refused', problems: 1 });
    expect(events.map(({ event }) => event)).toEqual(['config.reload_failed']);
  });

  it('stops while its thread runs', async () => {
    const input = await inputOf(makeSite());
    const events: AppEvent[] = [];
    let hasBegun = false;
    const reload = startReload({
      ...input,
      since: 'other files',
      events: (event) => void events.push(event),
      serving: { replace: () => Promise.reject(new Error('nothing to take up')) },
      read: (signal) => {
        hasBegun = true;
        return readContentInThread({ ...input, signal, program: program('for (;;);') });
      },
    });
    await expect.poll(() => hasBegun, { timeout: 5000 }).toBe(true);
    await reload.stop();
    expect(events).toEqual([]);
  });
});
