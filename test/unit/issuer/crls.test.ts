import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { createIntermediate, createRoot, type SigningAuthority } from '../../../src/ca/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import { createCrls } from '../../../src/issuer/crls.ts';
import type { IssuerEvent } from '../../../src/issuer/index.ts';
import { openInventory } from '../../../src/issuer/inventory.ts';
import { openState } from '../../../src/store/index.ts';
import { keyIdOf, readCrl } from '../../../src/x509/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { seededRandom } from '../../fakes/random.ts';
import { newFolder, START_MILLIS, TRUST_DOMAIN } from './on-folder.ts';

const DAY_MILLIS = 24 * 3600 * 1000;
const NOW = START_MILLIS / 1000;
let first: SigningAuthority;
let second: SigningAuthority;

beforeAll(async () => {
  const wish = {
    trustDomain: TRUST_DOMAIN,
    keyType: 'ec-p256',
    nowSeconds: NOW,
    ttlSeconds: 90 * 86_400,
    backdateSeconds: 10,
  } as const;
  const random = seededRandom(3);
  const root = await createRoot(wish, random);
  first = await createIntermediate(wish, root, random);
  second = await createIntermediate(wish, root, random);
});

function idOf({ certificate }: SigningAuthority): string {
  return keyIdOf(certificate.publicKeyDer);
}

async function bed() {
  const clock = fakeClock(START_MILLIS);
  const events: IssuerEvent[] = [];
  const state = openState(newFolder());
  const input = { clock, events: (event: IssuerEvent) => void events.push(event) };
  const inventory = openInventory({ ...input, state, keepSeconds: 86_400 });
  let signers: readonly SigningAuthority[] = [first];
  const crls = createCrls({ ...input, inventory, options: caOptions.parse({}), signers: () => signers });
  onTestFinished(() => {
    crls.stop();
    inventory.stop();
    state.close();
  });
  let changes = 0;
  crls.onChange(() => {
    changes += 1;
  });
  await crls.review();
  return {
    clock,
    events,
    inventory,
    crls,
    changes: () => changes,
    lists: () => (crls.current()?.lists ?? []).map(readCrl),
    use(next: readonly SigningAuthority[]) {
      signers = next;
      return crls.review();
    },
    async issue(count: number, lifeSeconds = 3600, from = 1): Promise<readonly string[]> {
      const serials = Array.from({ length: count }, (_, index) => (from + index).toString(16));
      await Promise.all(
        serials.map((serial, index) =>
          inventory.record({
            serial,
            spiffeId: 'spiffe://example.org/a',
            issuerKeyId: idOf(first),
            caller: undefined,
            issuedAtSeconds: NOW,
            notBeforeSeconds: NOW,
            notAfterSeconds: NOW + lifeSeconds + index,
          }),
        ),
      );
      return serials;
    },
  };
}

describe('revocation lists', () => {
  it('are there for each CA before anything is revoked', async () => {
    const { lists, use } = await bed();
    expect(lists().map(({ revoked }) => revoked)).toEqual([[]]);
    await use([first, second]);
    expect(lists().map(({ authorityKeyId }) => authorityKeyId)).toEqual([idOf(first), idOf(second)]);
  });

  it('are signed again at once when something is revoked, and hold it until its end', async () => {
    const { crls, inventory, lists, issue, clock } = await bed();
    const [serial = ''] = await issue(1, 86_400 / 2);
    inventory.revoke(serial);
    await crls.review();
    expect(lists()[0]?.revoked).toEqual([{ serial, revokedAtSeconds: NOW }]);
    await clock.advance(DAY_MILLIS);
    await crls.review();
    expect(lists()[0]?.revoked).toEqual([]);
  });

  it('are not signed again while nothing changes, and are in the second half of their life', async () => {
    const { crls, clock, changes, lists } = await bed();
    await crls.review();
    expect(changes()).toBe(1);
    const [before] = lists();
    await clock.advance(DAY_MILLIS / 2 - 60_000);
    expect(changes()).toBe(1);
    await clock.advance(120_000);
    await crls.review();
    expect(changes()).toBe(2);
    const [after] = lists();
    expect(BigInt(`0x${after?.number}`)).toBeGreaterThan(BigInt(`0x${before?.number}`));
    expect(after?.nextUpdateSeconds).toBeGreaterThan(before?.nextUpdateSeconds ?? 0);
  });

  it('are signed again when the clock jumped back before they were signed', async () => {
    const { crls, clock, changes } = await bed();
    clock.jump(-DAY_MILLIS);
    await crls.review();
    expect(changes()).toBe(2);
  });

  it('are signed for many at once when many are revoked one after the other', async () => {
    const { crls, inventory, lists, issue, clock, changes } = await bed();
    const reviews = (await issue(50)).map((serial) => {
      inventory.revoke(serial);
      return crls.review();
    });
    await clock.advance(1000);
    await Promise.all(reviews);
    expect(lists()[0]?.revoked).toHaveLength(50);
    expect(changes()).toBeLessThanOrEqual(3);
  });

  it('are tried again when the key did not sign, and the old ones serve on', async () => {
    const { use, clock, events, lists } = await bed();
    let isAway = true;
    const away: SigningAuthority = {
      certificate: second.certificate,
      sign: (tbs) => (isAway ? Promise.reject(new Error('away')) : second.sign(tbs)),
    };
    await use([first, away]);
    expect(lists()).toHaveLength(1);
    expect(events.map(({ event }) => event)).toContain('issuer.crlFailed');
    isAway = false;
    await clock.advance(6000);
    await expect.poll(() => lists().length).toBe(2);
  });

  it('hold as many entries as they may, and past that those that end last, with an alarm', async () => {
    const { crls, inventory, lists, issue, events } = await bed();
    await issue(LIMITS.crlEntries);
    inventory.stopIdentity('spiffe://example.org/a');
    await crls.review();
    expect(lists()[0]?.revoked).toHaveLength(LIMITS.crlEntries);
    expect(events.map(({ event }) => event)).not.toContain('issuer.crlFull');
    await issue(1, 1, LIMITS.crlEntries + 1);
    inventory.stopIdentity('spiffe://example.org/a');
    await crls.review();
    const revoked = lists()[0]?.revoked ?? [];
    expect(revoked).toHaveLength(LIMITS.crlEntries);
    expect(revoked.map(({ serial }) => serial)).not.toContain((LIMITS.crlEntries + 1).toString(16));
    expect(events.map(({ event }) => event)).toContain('issuer.crlFull');
  });
});
