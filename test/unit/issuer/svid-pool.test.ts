import { describe, expect, it } from 'vitest';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import type { Issuer } from '../../../src/issuer/index.ts';
import { SvidPool } from '../../../src/issuer/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { entryFor } from '../../fakes/entries.ts';
import { eventLog } from '../../fakes/events.ts';
import { fakeIssuer } from '../../fakes/issuer.ts';

const ID = 'spiffe://example.org/a';
const ENTRY = entryFor(ID, ['x:y']);

function bed(issuer = fakeIssuer(parseTrustDomain('example.org'))) {
  const clock = fakeClock(0);
  const log = eventLog();
  return { issuer, clock, log, pool: new SvidPool(issuer, clock, log.sink) };
}

describe('SvidPool', () => {
  it('shares one certificate among equal entries, whatever else they say', async () => {
    const { pool, issuer, clock } = bed();
    const leases = [ENTRY, entryFor(ID, ['other:selector'], { hint: 'x' })].map((entry) =>
      pool.lease(entry, () => undefined),
    );
    await clock.advance(0);
    expect(leases[0]?.current()).toBe(leases[1]?.current());
    expect(issuer.issued).toBe(1);
    expect(issuer.kept).toBe(1);
  });

  it.each([{ dnsNames: ['a'] }, { x509TtlSeconds: 60 }])('issues another one for %o', async (more) => {
    const { pool, issuer, clock } = bed();
    pool.lease(ENTRY, () => undefined);
    pool.lease(entryFor(ID, ['x:y'], more), () => undefined);
    await clock.advance(0);
    expect(issuer.issued).toBe(2);
  });

  it('tells the issuer who uses a certificate at the moment of each issuance, a few by name', async () => {
    const notes: (string | undefined)[] = [];
    const { pool, issuer, clock } = bed();
    const { keep } = issuer;
    issuer.keep = (request, onRenewed, caller) =>
      keep(request, (svid) => {
        notes.push(caller?.());
        onRenewed(svid);
      });
    const leases = ['a', 'b', 'b'].map((caller) => pool.lease(ENTRY, () => undefined, caller));
    await clock.advance(0);
    issuer.renew(ID);
    leases[0]?.release();
    issuer.renew(ID);
    for (const caller of ['c', 'd', 'e']) {
      pool.lease(ENTRY, () => undefined, caller);
    }
    issuer.renew(ID);
    expect(notes).toEqual(['a; b', 'b', 'b; c; d; 1 more']);
  });

  it('stops renewing with the last release, and a second release of one lease is nothing', async () => {
    const { pool, issuer, clock } = bed();
    const [first, second] = [pool.lease(ENTRY, () => undefined), pool.lease(ENTRY, () => undefined)];
    await clock.advance(0);
    first.release();
    first.release();
    expect(issuer.kept).toBe(1);
    second.release();
    expect(issuer.kept).toBe(0);
  });

  it('tries again after 0.5 s, 1 s, 2 s and so on up to 30 s, until there is one', async () => {
    const { pool, issuer, clock, log } = bed();
    issuer.mode = 'fail';
    const lease = pool.lease(ENTRY, () => undefined);
    await clock.advance(100_000);
    const waits = log.named('issuer.issuanceFailed').map(({ fields }) => fields?.['waitMillis']);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    issuer.mode = 'issue';
    await clock.advance(30_000);
    expect(lease.current()).toBeDefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer behind when it is not needed any more', async () => {
    const { pool, issuer, clock } = bed();
    issuer.mode = 'fail';
    const lease = pool.lease(ENTRY, () => undefined);
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(1);
    lease.release();
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes a refusal of the issuer to keep an identity for a failure, not for its own end', async () => {
    const refusing: Issuer = {
      ...fakeIssuer(parseTrustDomain('example.org')),
      keep() {
        throw new Error('not this identity');
      },
    };
    const clock = fakeClock(0);
    const log = eventLog();
    new SvidPool(refusing, clock, log.sink).lease(ENTRY, () => undefined);
    await clock.advance(0);
    expect(log.named('issuer.issuanceFailed')).toHaveLength(1);
  });

  it('hands out nothing that is past its end', async () => {
    const { pool, clock } = bed();
    const lease = pool.lease(ENTRY, () => undefined);
    await clock.advance(0);
    const end = (lease.current()?.notAfterSeconds ?? 0) * 1000;
    clock.jump(end - 1);
    expect(lease.current()).toBeDefined();
    clock.jump(1);
    expect(lease.current()).toBeUndefined();
  });

  it('does not put an older certificate over a renewed one', async () => {
    const { pool, issuer, clock } = bed();
    issuer.mode = 'hold';
    const lease = pool.lease(ENTRY, () => undefined);
    issuer.renew(ID);
    const renewed = lease.current();
    issuer.mode = 'issue';
    await clock.advance(0);
    expect(lease.current()).toBe(renewed);
  });
});
