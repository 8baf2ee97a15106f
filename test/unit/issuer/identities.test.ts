import { describe, expect, it } from 'vitest';
import { createIdentities, type Identities, type IssuedSvid } from '../../../src/issuer/identities.ts';
import type { IssuerEvent, SvidRequest } from '../../../src/issuer/index.ts';
import { type FakeClock, fakeClock } from '../../fakes/clock.ts';
import { seededRandom } from '../../fakes/random.ts';
import { requestFor, START_MILLIS } from './on-folder.ts';

interface Bench {
  readonly identities: Identities;
  readonly clock: FakeClock;
  readonly issued: SvidRequest[];
  readonly events: IssuerEvent[];
  /** While set, issuing fails. */
  broken: boolean;
  /** Serials that must not be used any more. */
  readonly spoiled: Set<string>;
}

function bench(idleMax = 100): Bench {
  const clock = fakeClock(START_MILLIS);
  const issued: SvidRequest[] = [];
  const events: IssuerEvent[] = [];
  const issue = async (request: SvidRequest): Promise<IssuedSvid> => {
    await Promise.resolve();
    if (made.broken) {
      throw new Error('broken');
    }
    issued.push(request);
    const nowSeconds = clock.nowMillis() / 1000;
    return {
      spiffeId: request.spiffeId,
      issuerKeyId: 'aa',
      certificates: [],
      privateKey: new Uint8Array(),
      serial: String(issued.length),
      notBeforeSeconds: Math.floor(nowSeconds) - 10,
      notAfterSeconds: Math.floor(nowSeconds) + (request.ttlSeconds ?? 3600),
    };
  };
  const made: Bench = {
    identities: createIdentities({
      issue,
      isSpoiled: ({ serial }) => made.spoiled.has(serial),
      clock,
      random: seededRandom(3),
      events: (event) => events.push(event),
      idleMax,
    }),
    clock,
    issued,
    events,
    broken: false,
    spoiled: new Set(),
  };
  return made;
}

describe('the callers of an issuance', () => {
  it('are those who keep the identity, else the one who asks, as they are at that moment', async () => {
    const told: (string | undefined)[] = [];
    const clock = fakeClock(START_MILLIS);
    const identities = createIdentities({
      async issue({ spiffeId }, caller) {
        told.push(caller);
        const nowSeconds = Math.floor(clock.nowMillis() / 1000);
        const dates = { notBeforeSeconds: nowSeconds, notAfterSeconds: nowSeconds + 3600 };
        const serial = String(told.length);
        return {
          spiffeId,
          issuerKeyId: 'aa',
          certificates: [],
          privateKey: new Uint8Array(),
          serial,
          ...dates,
        };
      },
      isSpoiled: () => false,
      clock,
      random: seededRandom(3),
      events: () => undefined,
      idleMax: 100,
    });
    await identities.svid(requestFor('/a'));
    await identities.svid(requestFor('/b'), () => 'b asks');
    let name = 'first';
    identities.keep(
      requestFor('/c'),
      () => undefined,
      () => name,
    );
    identities.keep(
      requestFor('/c'),
      () => undefined,
      () => 'other',
    );
    identities.keep(requestFor('/c'), () => undefined);
    await identities.svid(requestFor('/c'), () => 'asks too');
    name = 'second';
    await clock.advance(3600 * 1000);
    expect(told.slice(0, 4)).toEqual([undefined, 'b asks', 'first', 'second; other']);
  });
});

describe('identities in force', () => {
  it('are shared by equal requests, and so is their issuance', async () => {
    const { identities, issued } = bench();
    const [first, second] = await Promise.all([
      identities.svid(requestFor('/a')),
      identities.svid(requestFor('/a')),
    ]);
    expect(second).toBe(first);
    expect(await identities.svid(requestFor('/a'))).toBe(first);
    expect(issued.length).toBe(1);
  });

  it('differ by ID, DNS names and TTL', async () => {
    const { identities, issued } = bench();
    await identities.svid(requestFor('/a'));
    await identities.svid(requestFor('/b'));
    await identities.svid(requestFor('/a', 60));
    await identities.svid({ ...requestFor('/a'), dnsNames: ['a', 'b'] });
    await identities.svid({ ...requestFor('/a'), dnsNames: ['a,b'] });
    expect(issued.length).toBe(5);
  });

  it('are renewed between 40 and 50 % of their life while somebody keeps them', async () => {
    const { identities, clock, issued } = bench();
    const seen: string[] = [];
    const release = identities.keep(requestFor('/a', 1000), (svid) => seen.push(svid.serial));
    await clock.advance(0);
    expect(seen).toEqual(['1']);
    await clock.advance(399_000);
    expect(seen).toEqual(['1']);
    await clock.advance(101_000);
    expect(seen).toEqual(['1', '2']);
    await clock.advance(10_000_000);
    expect(issued.length).toBeGreaterThanOrEqual(20);
    expect(issued.length).toBeLessThanOrEqual(28);
    release();
    const count = issued.length;
    await clock.advance(10_000_000);
    expect(issued.length).toBe(count);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that are issued in one second are not renewed in one second', async () => {
    const { identities, clock, issued } = bench();
    for (let count = 0; count < 500; count += 1) {
      identities.keep(requestFor(`/a${count}`, 3600), () => {});
    }
    await clock.advance(0);
    expect(issued.length).toBe(500);
    let most = 0;
    for (let second = 0; second < 1801; second += 1) {
      const before = issued.length;
      await clock.advance(1000);
      most = Math.max(most, issued.length - before);
    }
    expect(issued.length).toBe(1000);
    expect(most).toBeLessThanOrEqual(10);
  });

  it('go on living for the second keeper when the first lets go', async () => {
    const { identities, clock } = bench();
    const seen: string[] = [];
    const release = identities.keep(requestFor('/a', 100), () => seen.push('first'));
    identities.keep(requestFor('/a', 100), () => seen.push('second'));
    await clock.advance(0);
    release();
    await clock.advance(50_000);
    expect(seen).toEqual(['first', 'second', 'second']);
  });

  it('that nobody keeps are renewed when they are asked for, past half of their life', async () => {
    const { identities, clock, issued } = bench();
    await identities.svid(requestFor('/a', 100));
    await clock.advance(39_000);
    await identities.svid(requestFor('/a', 100));
    expect(issued.length).toBe(1);
    await clock.advance(12_000);
    expect((await identities.svid(requestFor('/a', 100))).serial).toBe('2');
  });

  it('serve the certificate in force while issuing fails, and retry until it works', async () => {
    const made = bench();
    const { identities, clock, issued, events } = made;
    const seen: string[] = [];
    identities.keep(requestFor('/a', 100), (svid) => seen.push(svid.serial));
    await clock.advance(0);
    made.broken = true;
    await clock.advance(60_000);
    expect((await identities.svid(requestFor('/a', 100))).serial).toBe('1');
    const failures = events.filter((event) => event.event === 'issuer.renewalFailed').length;
    expect(failures).toBeGreaterThan(2);
    expect(failures).toBeLessThan(30);
    made.broken = false;
    await clock.advance(8000);
    expect(seen).toEqual(['1', '2']);
    expect(issued.length).toBe(2);
  });

  it('are refused when issuing fails and the last is past its end, and come back on their own', async () => {
    const made = bench();
    const { identities, clock } = made;
    const seen: string[] = [];
    identities.keep(requestFor('/a', 10), (svid) => seen.push(svid.serial));
    await clock.advance(0);
    made.broken = true;
    await clock.advance(11_000);
    await expect(identities.svid(requestFor('/a', 10))).rejects.toThrow('broken');
    await clock.advance(3_600_000);
    made.broken = false;
    await clock.advance(60_000);
    expect(seen.length).toBeGreaterThan(1);
  });

  it('never issued and failing: every question is refused, nothing is left running', async () => {
    const made = bench();
    made.broken = true;
    await expect(made.identities.svid(requestFor('/a'))).rejects.toThrow('broken');
    expect(made.clock.pendingTimers).toBe(0);
    made.broken = false;
    expect((await made.identities.svid(requestFor('/a'))).serial).toBe('1');
  });

  it.each([
    ['past its renewal', 1800_000],
    ['past its end', 7200_000],
    ['back before its beginning', -3600_000],
  ])('are issued again at once when the clock jumps %s', async (_, jumpMillis) => {
    const { identities, clock, issued } = bench();
    identities.keep(requestFor('/a', 3600), () => {});
    await clock.advance(1000);
    clock.jump(jumpMillis);
    identities.review();
    await clock.advance(0);
    expect(issued.length).toBe(2);
  });

  it('are not issued again for a jump that changes nothing, and are renewed by the new time', async () => {
    const { identities, clock, issued } = bench();
    identities.keep(requestFor('/a', 3600), () => {});
    await clock.advance(1000);
    clock.jump(1_000_000);
    identities.review();
    await clock.advance(0);
    expect(issued.length).toBe(1);
    await clock.advance(800_000);
    expect(issued.length).toBe(2);
  });

  it('are begun 256 at a time in a storm, and those that nobody keeps any more not at all', async () => {
    const begun: (() => void)[] = [];
    const clock = fakeClock(START_MILLIS);
    const identities = createIdentities({
      issue: ({ spiffeId }) =>
        new Promise((resolve) => {
          const [issuerKeyId, serial] = ['aa', String(begun.length)];
          const notBeforeSeconds = START_MILLIS / 1000;
          const notAfterSeconds = notBeforeSeconds + 3600;
          const dates = { notBeforeSeconds, notAfterSeconds };
          const svid = {
            spiffeId,
            issuerKeyId,
            serial,
            certificates: [],
            privateKey: new Uint8Array(),
            ...dates,
          };
          begun.push(() => resolve(svid));
        }),
      isSpoiled: () => false,
      clock,
      random: seededRandom(3),
      events: () => undefined,
      idleMax: 100,
    });
    let renewed = 0;
    const lets = Array.from({ length: 1000 }, (_, index) =>
      identities.keep(requestFor(`/w${index}`), () => {
        renewed += 1;
      }),
    );
    expect(begun).toHaveLength(256);
    for (const letGo of lets.slice(256, 900)) {
      letGo();
    }
    for (const issue of begun.slice(0, 10)) {
      issue();
    }
    await clock.advance(0);
    expect({ begun: begun.length, renewed }).toEqual({ begun: 266, renewed: 10 });
    for (let at = 10; at < begun.length; at += 1) {
      begun[at]?.();
      await clock.advance(0);
    }
    expect({ begun: begun.length, renewed }).toEqual({ begun: 356, renewed: 356 });
  });

  it('survive a keeper that throws', async () => {
    const { identities, clock, events } = bench();
    const seen: string[] = [];
    identities.keep(requestFor('/a', 100), () => {
      throw new Error('not today');
    });
    identities.keep(requestFor('/a', 100), (svid) => seen.push(svid.serial));
    await clock.advance(50_000);
    expect(seen).toEqual(['1', '2']);
    expect(events.map((event) => event.event)).toEqual(['issuer.listenerFailed', 'issuer.listenerFailed']);
  });

  it('are forgotten past the limit, oldest first, but not those that somebody keeps', async () => {
    const { identities, issued } = bench(10);
    identities.keep(requestFor('/kept'), () => {});
    await identities.svid(requestFor('/kept'));
    for (let count = 0; count < 30; count += 1) {
      await identities.svid(requestFor(`/a${count}`));
    }
    const before = issued.length;
    await identities.svid(requestFor('/kept'));
    await identities.svid(requestFor('/a29'));
    expect(issued.length).toBe(before);
    await identities.svid(requestFor('/a0'));
    expect(issued.length).toBe(before + 1);
  });

  it('are not forgotten while somebody keeps them because another let go twice', async () => {
    const { identities, issued } = bench(1);
    const letGo = identities.keep(requestFor('/a'), () => undefined);
    await identities.svid(requestFor('/a'));
    letGo();
    await identities.svid(requestFor('/b'));
    await identities.svid(requestFor('/c'));
    identities.keep(requestFor('/a'), () => undefined);
    await identities.svid(requestFor('/a'));
    letGo();
    const before = issued.length;
    await identities.svid(requestFor('/d'));
    await identities.svid(requestFor('/e'));
    await identities.svid(requestFor('/a'));
    expect(issued.slice(before).map(({ spiffeId }) => spiffeId.path)).toEqual(['/d', '/e']);
  });

  it('end with stop', async () => {
    const { identities, clock, issued } = bench();
    identities.keep(requestFor('/a', 100), () => {});
    await clock.advance(0);
    identities.stop();
    await clock.advance(1_000_000);
    expect(issued.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are issued again at once when they must not be used any more', async () => {
    const { identities, clock, issued, spoiled } = bench();
    const seen: string[] = [];
    identities.keep(requestFor('/a'), (svid) => seen.push(svid.serial));
    identities.keep(requestFor('/b'), () => undefined);
    await clock.advance(0);
    expect(issued.length).toBe(2);
    spoiled.add('1');
    identities.review();
    await clock.advance(0);
    expect([issued.length, seen]).toEqual([3, ['1', '3']]);
    expect((await identities.svid(requestFor('/a'))).serial).toBe('3');
    expect(identities.countKept(({ serial }) => serial === '3')).toBe(1);
    expect(identities.countKept(({ serial }) => serial === '1')).toBe(0);
    // What nobody keeps is not handed out either.
    await identities.svid(requestFor('/c'));
    spoiled.add('4');
    expect((await identities.svid(requestFor('/c'))).serial).toBe('5');
  });

  it('that are called back while they are made are renewed soon, and not in a hot loop', async () => {
    const { identities, clock, issued, spoiled } = bench();
    spoiled.add('1').add('2');
    identities.keep(requestFor('/a'), () => undefined);
    await clock.advance(0);
    expect(issued.length).toBe(1);
    await clock.advance(5000);
    expect(issued.length).toBe(3);
  });
});
