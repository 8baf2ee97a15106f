import { expect, it } from 'vitest';
import { caOptions } from '../../../src/ca/options.ts';
import { openJournal, renewExpiredRoot } from '../../../src/issuer/index.ts';
import { openState } from '../../../src/store/index.ts';
import { type FakeClock, fakeClock } from '../../fakes/clock.ts';
import { seededRandom } from '../../fakes/random.ts';
import { chain, codeOf, newFolder, run, START_MILLIS, TRUST_DOMAIN } from './on-folder.ts';

const ELEVEN_YEARS = 11 * 365 * 24 * 3_600_000;

async function renew(folder: string, clock: FakeClock): Promise<string> {
  const state = openState(folder);
  try {
    const journal = openJournal(state, TRUST_DOMAIN);
    const options = caOptions.parse({});
    const random = seededRandom(77);
    return await codeOf(() =>
      renewExpiredRoot({
        state,
        journal,
        trustDomain: TRUST_DOMAIN,
        options,
        clock,
        random,
        events: () => {},
      }),
    );
  } finally {
    state.close();
  }
}

it('a root past its end is replaced by command, and never while it is in force', async () => {
  const folder = newFolder();
  const first = await run(folder);
  const root = (await chain(first)).at(-1);
  first.close();
  expect(await renew(folder, fakeClock(START_MILLIS))).toBe('ERR_ISSUER_AUTHORITY');
  const later = fakeClock(START_MILLIS + ELEVEN_YEARS);
  expect(await codeOf(() => run(folder, later))).toBe('ERR_ISSUER_ROOT_EXPIRED');
  expect(await renew(folder, later)).toBe('accepted');
  const renewed = await chain(await run(folder, later));
  expect(renewed).toHaveLength(3);
  expect(renewed.at(-1)).not.toBe(root);
});

it('a root past its end is replaced at start where the settings say so', async () => {
  const folder = newFolder();
  (await run(folder)).close();
  const later = fakeClock(START_MILLIS + ELEVEN_YEARS);
  expect(await chain(await run(folder, later, { autoRoot: true }))).toHaveLength(3);
});
