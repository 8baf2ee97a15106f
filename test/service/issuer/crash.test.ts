import { expect, it } from 'vitest';
import { caOptions } from '../../../src/ca/options.ts';
import { createIssuer } from '../../../src/issuer/index.ts';
import { openState, type State } from '../../../src/store/index.ts';
import { type FakeClock, fakeClock } from '../../fakes/clock.ts';
import { seededRandom } from '../../fakes/random.ts';
import { chain, newFolder, patient, run, START_MILLIS, TRUST_DOMAIN } from '../../unit/issuer/on-folder.ts';

const DAY = 24 * 3_600_000;
const SETTINGS = { rootTtl: '12d', caTtl: '24h', svidTtl: '3h' };

class Crash extends Error {}

/** A state of which the n-th change, before or after it takes effect, is the last thing that happens. */
function crashingState(
  state: State,
  crashAt: number,
): { readonly state: State; readonly count: () => number } {
  let count = 0;
  const point = (): void => {
    count += 1;
    if (count >= crashAt) {
      throw new Crash();
    }
  };
  const around = <T>(change: () => T): T => {
    point();
    const result = change();
    point();
    return result;
  };
  const database = new Proxy(state.database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'exec') {
        return (sql: string) => (sql === 'ROLLBACK' ? target.exec(sql) : around(() => target.exec(sql)));
      }
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    state: {
      ...state,
      database,
      writePrivate: (name, bytes) => around(() => state.writePrivate(name, bytes)),
      remove: (name) => around(() => state.remove(name)),
    },
    count: () => count,
  };
}

/** Runs for `days` and crashes at the n-th change; returns how many changes there were. */
async function runInto(folder: string, clock: FakeClock, crashAt: number, days: number): Promise<number> {
  const real = openState(folder);
  const crashing = crashingState(real, crashAt);
  try {
    const issuer = await createIssuer({
      state: crashing.state,
      trustDomain: TRUST_DOMAIN,
      options: caOptions.parse(SETTINGS),
      clock,
      random: seededRandom(crashAt + 1),
      events: () => {},
    });
    for (let day = 0; day < days && crashing.count() < crashAt; day += 1) {
      await clock.advance(DAY);
    }
    issuer.stop();
  } catch (error) {
    expect(error).toBeInstanceOf(Crash);
  } finally {
    real.close();
  }
  return crashing.count();
}

it('a crash at any change of the first start leaves a folder that starts', async () => {
  const changes = await runInto(newFolder(), fakeClock(START_MILLIS), Number.POSITIVE_INFINITY, 0);
  expect(changes).toBeGreaterThan(10);
  for (let crashAt = 1; crashAt <= changes; crashAt += 1) {
    const folder = newFolder();
    await runInto(folder, fakeClock(START_MILLIS), crashAt, 0);
    const running = await run(folder);
    expect(await chain(running), `crash at change ${crashAt}`).toHaveLength(3);
    running.close();
  }
}, 60_000);

it('a crash at any change of a rotation leaves a folder that starts, with the same root', async () => {
  const changes = await runInto(newFolder(), patient(fakeClock(START_MILLIS)), Number.POSITIVE_INFINITY, 1);
  for (let crashAt = 1; crashAt <= changes; crashAt += 1) {
    const folder = newFolder();
    const first = await run(folder, fakeClock(START_MILLIS), SETTINGS);
    const root = (await chain(first)).at(-1);
    first.close();
    const clock = patient(fakeClock(START_MILLIS));
    await runInto(folder, clock, crashAt, 1);
    const running = await run(folder, fakeClock(clock.nowMillis()), SETTINGS);
    expect((await chain(running)).at(-1), `crash at change ${crashAt}`).toBe(root);
    running.close();
  }
}, 60_000);

it('a crash at any change of a rotation by hand leaves a folder that starts and goes on', async () => {
  const clock = fakeClock(START_MILLIS);
  const changes = await rotateByHand(newFolder(), clock, Number.POSITIVE_INFINITY);
  expect(changes).toBeGreaterThan(30);
  for (let crashAt = 1; crashAt <= changes; crashAt += 1) {
    const folder = newFolder();
    await rotateByHand(folder, fakeClock(START_MILLIS), crashAt);
    const running = await run(folder);
    expect(await chain(running), `crash at change ${crashAt}`).toHaveLength(3);
    const active = running.issuer.authority.show().filter(({ status }) => status === 'active');
    expect(active.map(({ kind }) => kind)).toEqual(['root', 'intermediate']);
    // Nothing is signed under what is tainted or gone.
    const roots = running.issuer.authority.show().filter(({ kind, tainted }) => kind === 'root' && !tainted);
    expect(roots.map(({ id }) => id)).toContain(active[1]?.issuerId);
    running.close();
  }
}, 60_000);

/** From the first start through prepare, activate, taint and revoke; returns how many changes there were. */
async function rotateByHand(folder: string, clock: FakeClock, crashAt: number): Promise<number> {
  const real = openState(folder);
  const crashing = crashingState(real, crashAt);
  try {
    const { authority, stop } = await createIssuer({
      state: crashing.state,
      trustDomain: TRUST_DOMAIN,
      options: caOptions.parse(SETTINGS),
      clock,
      random: seededRandom(crashAt + 1),
      events: () => {},
    });
    const old = authority.show().find(({ kind }) => kind === 'root')?.id ?? '';
    try {
      await authority.prepare('root');
      await authority.activate('root');
      await authority.taint(old);
      await authority.revoke(old, { force: false, unsettledStreams: () => 0 });
    } finally {
      stop();
    }
  } catch (error) {
    expect(error).toBeInstanceOf(Crash);
  } finally {
    real.close();
  }
  return crashing.count();
}
