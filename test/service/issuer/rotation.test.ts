import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { X509Svid } from '../../../src/issuer/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import {
  chain,
  chainOf,
  newFolder,
  patient,
  requestFor,
  run,
  START_MILLIS,
} from '../../unit/issuer/on-folder.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('rotation', () => {
  it('replaces intermediates before their end, with no moment without a whole chain', async () => {
    const running = await run(newFolder(), patient(fakeClock(START_MILLIS)), { svidTtl: '3h' });
    let current: X509Svid | undefined;
    running.issuer.keep(requestFor('/a'), (svid) => {
      current = svid;
    });
    const intermediates = new Set<string | undefined>();
    const roots = new Set<string | undefined>();
    for (let hour = 0; hour < 24 * 7; hour += 2) {
      await running.clock.advance(2 * HOUR);
      const [, intermediate, root] = chainOf(running, current?.certificates ?? []);
      intermediates.add(intermediate);
      roots.add(root);
    }
    expect(roots.size).toBe(1);
    expect(intermediates.size).toBeGreaterThanOrEqual(8);
    expect(running.events.filter((event) => event.event === 'issuer.shortened')).toEqual([]);
  });

  it('removes the key of an intermediate, and of tokens, that is past its end', async () => {
    const folder = newFolder();
    const running = await run(folder, patient(fakeClock(START_MILLIS)));
    await running.clock.advance(10 * DAY);
    const jwtKeys = new Set(running.issuer.bundle().jwtAuthorities.map(({ keyId }) => `${keyId}.pem`));
    const files = readdirSync(join(folder, 'keys'));
    expect(files.filter((name) => !jwtKeys.has(name)).length).toBeLessThanOrEqual(4);
    expect(files.filter((name) => jwtKeys.has(name)).length).toBeLessThanOrEqual(3);
  });

  it('puts a new root into the bundle long before it signs, and tells', async () => {
    const settings = { rootTtl: '12d', caTtl: '24h', svidTtl: '3h' };
    const running = await run(newFolder(), patient(fakeClock(START_MILLIS)), settings);
    const sizes: number[] = [];
    running.issuer.onBundleChanged((bundle) => sizes.push(bundle.x509Authorities.length));
    let current: X509Svid | undefined;
    running.issuer.keep(requestFor('/a'), (svid) => {
      current = svid;
    });
    const roots = new Set<string | undefined>();
    let twoSince: number | undefined;
    let usedAt: number | undefined;
    for (let hour = 0; hour < 24 * 26; hour += 4) {
      await running.clock.advance(4 * HOUR);
      roots.add(chainOf(running, current?.certificates ?? []).at(-1));
      twoSince ??= running.issuer.bundle().x509Authorities.length === 2 ? hour : undefined;
      usedAt ??= roots.size === 2 ? hour : undefined;
    }
    expect(roots.size).toBeGreaterThanOrEqual(3);
    expect((usedAt ?? 0) - (twoSince ?? 0)).toBeGreaterThan(24 * 3);
    // JWT keys change the bundle as well, and more often.
    const changes = sizes.filter((size, index) => size !== (sizes[index - 1] ?? 1));
    expect(
      changes.slice(0, 3),
      'prepared, the next prepared while the first lingers, the first gone',
    ).toEqual([2, 3, 2]);
    expect(running.issuer.bundle().sequence).toBe(1 + sizes.length);
  });

  it('goes on across restarts at every stage', async () => {
    const folder = newFolder();
    let clock = patient(fakeClock(START_MILLIS));
    const settings = { rootTtl: '12d', caTtl: '24h', svidTtl: '3h' };
    let sequence = 0;
    for (let stop = 0; stop < 30; stop += 1) {
      const running = await run(folder, clock, settings);
      expect(await chain(running)).toHaveLength(3);
      expect(running.issuer.bundle().sequence).toBeGreaterThanOrEqual(sequence);
      sequence = running.issuer.bundle().sequence;
      await running.clock.advance(17 * HOUR);
      running.close();
      clock = patient(fakeClock(clock.nowMillis()));
    }
    expect(sequence).toBeGreaterThan(3);
  });
});
