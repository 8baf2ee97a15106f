import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS, SallyportError } from '../../../src/base/index.ts';
import { LISTENER_LIMITS } from '../../../src/grpc/index.ts';
import { entryFor } from '../../fakes/entries.ts';
import { BILLING, ORDERS, SELECTOR, sdsBed, sdsClient } from './bed.ts';

const CHILD = join(import.meta.dirname, 'ask-child.ts');
const CONNECTIONS = 10;
const STREAMS = 1000;

function targetOf({ listener }: Awaited<ReturnType<typeof sdsBed>>): string {
  return listener.address.kind === 'unix' ? `unix:${listener.address.path}` : 'nowhere';
}

describe('streams that behave badly', () => {
  it('1,000 that never acknowledge hold up nobody, and leave nothing behind', async () => {
    const bed = await sdsBed([
      entryFor(ORDERS, [SELECTOR], { name: '1' }),
      entryFor(BILLING, [SELECTOR], { name: '2' }),
    ]);
    const clients = Array.from({ length: CONNECTIONS }, () => sdsClient(targetOf(bed)));
    const silent = Array.from({ length: STREAMS }, (_, index) => {
      const stream = clients[index % CONNECTIONS]?.stream() ?? bed.client.stream();
      stream.send({ resource_names: [ORDERS] });
      return stream;
    });
    await Promise.all(silent.map((stream) => stream.next()));
    const good = bed.client.stream();
    good.send({ resource_names: [BILLING] });
    let last = await good.next();
    for (let turn = 0; turn < 20; turn += 1) {
      bed.issuer.renew(ORDERS);
      bed.issuer.renew(BILLING);
      good.send({
        resource_names: [BILLING],
        version_info: last.version_info,
        response_nonce: last.nonce,
      });
      last = await good.next();
    }
    expect(bed.service.openStreams).toBe(STREAMS + 1);
    expect(bed.service.unsettledStreams).toBeGreaterThanOrEqual(STREAMS);
    // What is new goes out once to each, acknowledged or not; it is never sent again because nobody answered.
    await expect.poll(() => Math.max(...silent.map(({ seen }) => seen.length))).toBeLessThanOrEqual(21);
    for (const { call } of silent) {
      call.cancel();
    }
    await expect.poll(() => bed.service.openStreams).toBe(1);
    await expect.poll(() => bed.issuer.kept).toBe(1);
  });

  it('a storm of NACKs is one line in the log, brings nothing again, and holds up nobody', async () => {
    const { client, log } = await sdsBed();
    const stormy = client.stream();
    stormy.send({ resource_names: ['default'] });
    const { nonce } = await stormy.next();
    const nack = {
      resource_names: ['default'],
      response_nonce: nonce,
      error_detail: { code: 3, message: 'x'.repeat(10_000) },
    };
    for (let count = 0; count < 2000; count += 1) {
      stormy.send(nack);
    }
    const other = client.stream();
    other.send({ resource_names: ['default'] });
    await other.next();
    await expect.poll(() => log.named('sds.stale_nonce').length, { timeout: 20_000 }).toBe(1999);
    expect(log.named('sds.nack')).toHaveLength(1);
    expect(JSON.stringify(log.named('sds.nack')).length).toBeLessThan(3000);
    expect(new Set(log.named('sds.stale_nonce').map(({ level }) => level))).toEqual(new Set(['debug']));
    expect(stormy.seen).toHaveLength(1);
  });

  it('one that asks for 100,000 names is ended, at once or bit by bit, and no other', async () => {
    const limits = { ...LISTENER_LIMITS, requestBytes: LIMITS.discoveryRequestBytes };
    const { client, service } = await sdsBed(undefined, {}, { limits });
    const names = Array.from({ length: 100_000 }, (_, index) => `name-${index}`);
    const other = client.stream();
    other.send({ resource_names: ['default'] });
    await other.next();
    const atOnce = client.stream();
    atOnce.send({ resource_names: names });
    expect((await atOnce.status).code).toBe(8);
    const bitByBit = client.delta();
    for (let start = 0; start < names.length; start += 500) {
      bitByBit.send({ resource_names_subscribe: names.slice(start, start + 500) });
    }
    expect((await bitByBit.status).code).toBe(8);
    await expect.poll(() => service.openStreams).toBe(1);
  });
});

describe('a caller that dies', () => {
  it('while it is looked at gets no stream', async () => {
    const gone = new SallyportError('ERR_WORKLOAD_CALLER_GONE', 'the process of a caller is gone');
    const { client, service, issuer } = await sdsBed(undefined, {
      selectorsOf: () => new Promise((_, reject) => setTimeout(() => reject(gone), 20)),
    });
    const stream = client.stream();
    stream.send({ resource_names: ['default'] });
    expect((await stream.status).code).toBe(16);
    await expect(client.fetch({ resource_names: ['default'] })).rejects.toMatchObject({ code: 16 });
    expect([service.openStreams, issuer.issued]).toEqual([0, 0]);
  });

  it('between its request and the answer leaves nothing behind', async () => {
    const bed = await sdsBed();
    bed.issuer.mode = 'hold';
    const child = spawn(process.execPath, [CHILD, targetOf(bed)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await expect.poll(() => bed.service.openStreams).toBe(1);
    child.kill('SIGKILL');
    await once(child, 'close');
    await expect.poll(() => bed.service.openStreams).toBe(0);
    bed.issuer.mode = 'issue';
    expect(bed.issuer.kept).toBe(0);
    const stream = bed.client.stream();
    stream.send({ resource_names: ['default'] });
    expect((await stream.next()).resources).toHaveLength(1);
  });
});
