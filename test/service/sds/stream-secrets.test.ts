import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { entryFor } from '../../fakes/entries.ts';
import { BILLING, ORDERS, SELECTOR, sdsBed, secretsOf } from './bed.ts';

const TWO = [entryFor(ORDERS, [SELECTOR], { name: 'b' }), entryFor(BILLING, [SELECTOR], { name: 'a' })];
const ROOTS = { 'example.org': ['root 1'] };

describe('names of secrets', () => {
  it.each<[string, readonly string[], readonly object[]]>([
    [
      'default',
      ['default'],
      [{ name: 'default', chain: [`leaf 1 of ${BILLING}`, 'intermediate'], key: 'key 1' }],
    ],
    ['a SPIFFE ID', [ORDERS], [{ name: ORDERS, chain: [`leaf 1 of ${ORDERS}`, 'intermediate'] }]],
    ['ROOTCA', ['ROOTCA'], [{ name: 'ROOTCA', trustDomains: ROOTS }]],
    ['ALL', ['ALL'], [{ name: 'ALL', trustDomains: ROOTS }]],
    ['a trust domain', ['spiffe://example.org'], [{ name: 'spiffe://example.org', trustDomains: ROOTS }]],
    [
      'several bundle names, which SPIRE refuses',
      ['ROOTCA', 'ALL', 'spiffe://example.org'],
      [{ name: 'ROOTCA' }, { name: 'ALL' }, { name: 'spiffe://example.org' }],
    ],
    [
      'default beside its own SPIFFE ID: one certificate under two names',
      ['default', BILLING],
      [
        { name: 'default', key: 'key 1' },
        { name: BILLING, key: 'key 1' },
      ],
    ],
  ])('serves %s', async (_, names, expected) => {
    const { client } = await sdsBed(TWO);
    const stream = client.stream();
    stream.send({ resource_names: names });
    await expect.poll(() => stream.seen.flatMap(secretsOf)).toHaveLength(names.length);
    expect(stream.seen.flatMap(secretsOf)).toMatchObject(expected);
  });

  it('serves everything when nothing is named', async () => {
    const { client } = await sdsBed(TWO);
    const stream = client.stream();
    stream.send({});
    await expect
      .poll(() =>
        stream.seen
          .flatMap((response) => secretsOf(response))
          .map(({ name }) => name)
          .sort(),
      )
      .toEqual([BILLING, ORDERS, 'spiffe://example.org'].sort());
  });

  it.each([
    ['of another identity', 'spiffe://example.org/ns/shop/sa/other'],
    ['of another trust domain', 'spiffe://other.org'],
    ['in another case', 'Default'],
    ['as Istio’s gateways ask', 'file-cert:/etc/certs/cert.pem~/etc/certs/key.pem'],
  ])('leaves out a name %s, says so to us, and serves the others', async (_, name) => {
    const { client, log } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: [name, 'ROOTCA'] });
    expect(secretsOf(await stream.next())).toMatchObject([{ name: 'ROOTCA' }]);
    expect(log.named('sds.name_refused')).toMatchObject([
      { level: 'warn', fields: { names: [name], nameCount: 1, selectors: [SELECTOR], entries: 1 } },
    ]);
  });

  it('gives a caller without an entry nothing, and an entry that comes later at once', async () => {
    const { client, log, entries, issuer } = await sdsBed([]);
    const stream = client.stream();
    stream.send({ resource_names: ['default', 'ROOTCA'] });
    await expect.poll(() => log.named('sds.name_refused')).toHaveLength(1);
    expect(issuer.issued).toBe(0);
    entries.replace(entryFor(ORDERS, [SELECTOR]));
    await stream.next();
    await expect
      .poll(() =>
        stream.seen
          .flatMap((response) => secretsOf(response))
          .map(({ name }) => name)
          .sort(),
      )
      .toEqual(['ROOTCA', 'default']);
  });

  it('issues nothing for an entry nobody asks for', async () => {
    const { client, issuer } = await sdsBed(TWO);
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA', ORDERS] });
    await stream.next();
    expect(issuer.kept).toBe(1);
  });

  it('takes names people have chosen', async () => {
    const { client } = await sdsBed(undefined, {
      names: { svid: 'me', bundle: 'null', allBundles: 'ROOTCA' },
    });
    const stream = client.stream();
    stream.send({ resource_names: ['me', 'ROOTCA'] });
    await expect
      .poll(() => stream.seen.flatMap(secretsOf))
      .toMatchObject([{ name: 'ROOTCA', trustDomains: ROOTS }, { name: 'me' }]);
  });
});

describe('the validator of a bundle', () => {
  const value = (field: object) => ({ metadata: { fields: { disable_spiffe_cert_validation: field } } });
  const version = (major_number: number, minor_number: number) => ({
    user_agent_build_version: { version: { major_number, minor_number, patch: 0 } },
  });
  const spiffe = { trustDomains: ROOTS };
  const plain = { trustedCa: ['root 1'] };
  it.each<[string, object, 'spiffe' | 'plain', object]>([
    ['SPIFFE by default', {}, 'spiffe', spiffe],
    ['plain when set so', {}, 'plain', plain],
    ['plain for true', value({ boolValue: true }), 'spiffe', plain],
    ['plain for "true"', value({ stringValue: 'true' }), 'spiffe', plain],
    ['SPIFFE for false, against the setting', value({ boolValue: false }), 'plain', spiffe],
    ['SPIFFE for "false", against the setting', value({ stringValue: 'false' }), 'plain', spiffe],
    ['as set for what is neither', value({ stringValue: 'yes' }), 'spiffe', spiffe],
    ['as set for a number', value({ numberValue: 1 }), 'spiffe', spiffe],
    ['plain for Envoy 1.17', version(1, 17), 'spiffe', plain],
    ['SPIFFE for Envoy 1.18', version(1, 18), 'spiffe', spiffe],
    ['SPIFFE for Envoy 1.40', version(1, 40), 'spiffe', spiffe],
  ])('is %s', async (_, node, validator, expected) => {
    const { client } = await sdsBed(
      undefined,
      validator === undefined ? {} : { validatorOf: () => validator },
    );
    const stream = client.stream();
    stream.send({
      resource_names: ['ROOTCA'],
      node: { id: 'a', cluster: 'b', user_agent_name: 'envoy', ...node } as never,
    });
    expect(secretsOf(await stream.next())).toMatchObject([{ name: 'ROOTCA', ...expected }]);
  });

  it('stays what the first request said, though later ones name no node', async () => {
    const { client, issuer } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA'], node: value({ boolValue: true }) as never });
    const first = await stream.next();
    stream.send({
      resource_names: ['ROOTCA', 'ALL'],
      response_nonce: first.nonce,
      version_info: first.version_info,
    });
    expect(secretsOf(await stream.next())).toEqual([{ name: 'ALL', trustedCa: ['root 1'] }]);
    issuer.replaceBundle('root 1', 'root 2');
    expect(secretsOf(await stream.next())).toMatchObject([{ trustedCa: ['root 1', 'root 2'] }, {}]);
  });
});

describe('changes', () => {
  it('pushes a renewed certificate at once, and nothing else', async () => {
    const { client, issuer } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['default', 'ROOTCA'] });
    await expect.poll(() => stream.seen.flatMap(secretsOf)).toHaveLength(2);
    issuer.renew(ORDERS);
    await expect.poll(() => stream.seen.flatMap(secretsOf)).toHaveLength(3);
    expect(stream.seen.flatMap(secretsOf).at(-1)).toMatchObject({ name: 'default', key: 'key 2' });
  });

  it('pushes a changed bundle at once, and nothing when it is the same', async () => {
    const { client, issuer } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA'] });
    await stream.next();
    issuer.replaceBundle('root 1');
    issuer.replaceBundle('root 1', 'root 2');
    expect(secretsOf(await stream.next())).toEqual([
      { name: 'ROOTCA', trustDomains: { 'example.org': ['root 1', 'root 2'] } },
    ]);
    expect(stream.seen).toHaveLength(2);
  });

  it('waits with an empty bundle, which Envoy could read as "trust everybody"', async () => {
    const { client, issuer } = await sdsBed();
    issuer.replaceBundle();
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA'] });
    issuer.replaceBundle('root 9');
    expect(secretsOf(await stream.next())).toEqual([
      { name: 'ROOTCA', trustDomains: { 'example.org': ['root 9'] } },
    ]);
  });

  it('moves `default` on when an entry comes before it', async () => {
    const { client, entries, issuer } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['default'] });
    await stream.next();
    entries.replace(entryFor(ORDERS, [SELECTOR]), entryFor(BILLING, [SELECTOR]));
    expect(secretsOf(await stream.next())).toMatchObject([
      { chain: [`leaf 2 of ${BILLING}`, 'intermediate'] },
    ]);
    expect(issuer.kept).toBe(1);
  });

  it('reissues when an entry changes what is in the certificate', async () => {
    const { client, entries, issuer } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: [ORDERS] });
    await stream.next();
    entries.replace(entryFor(ORDERS, [SELECTOR], { dnsNames: ['orders'] }));
    expect(secretsOf(await stream.next())).toMatchObject([{ key: 'key 2' }]);
    expect(issuer.kept).toBe(1);
  });

  it('says to us when an entry goes, and stops renewing', async () => {
    const { client, entries, log, issuer } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['default'] });
    await stream.next();
    entries.replace();
    await expect.poll(() => log.named('sds.withdrawn')).toHaveLength(1);
    expect(issuer.kept).toBe(0);
    expect(stream.seen).toHaveLength(1);
  });

  it('tries again when issuing fails', async () => {
    const { client, issuer, log } = await sdsBed();
    issuer.mode = 'fail';
    const stream = client.stream();
    stream.send({ resource_names: ['default'] });
    await expect.poll(() => log.named('issuer.issuanceFailed')).toHaveLength(1);
    issuer.mode = 'issue';
    expect(secretsOf(await stream.next())).toMatchObject([{ name: 'default' }]);
  });

  it('sends what is ready and the rest when it is', async () => {
    const { client, issuer } = await sdsBed();
    issuer.mode = 'hold';
    const stream = client.stream();
    stream.send({ resource_names: ['default', 'ROOTCA'] });
    expect(secretsOf(await stream.next())).toMatchObject([{ name: 'ROOTCA' }]);
    issuer.mode = 'issue';
    expect(secretsOf(await stream.next())).toMatchObject([{ name: 'default' }]);
  });
});

describe('a stream', () => {
  it('shares one certificate with the other streams of its identity and lets go at its end', async () => {
    const { client, issuer, service } = await sdsBed();
    const streams = [client.stream(), client.stream()];
    for (const stream of streams) {
      stream.send({ resource_names: ['default'] });
      await stream.next();
    }
    expect(issuer.issued).toBe(1);
    expect(issuer.kept).toBe(1);
    expect(service.openStreams).toBe(2);
    for (const stream of streams) {
      stream.call.cancel();
    }
    await expect.poll(() => issuer.kept).toBe(0);
    expect(service.openStreams).toBe(0);
  });

  it('writes a NACK down with its reason and does not loop', async () => {
    const { client, log } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['default'] });
    const { nonce } = await stream.next();
    const rejected = {
      resource_names: ['default'],
      response_nonce: nonce,
      error_detail: { code: 3, message: 'bad key' },
    };
    stream.send(rejected);
    await expect.poll(() => log.named('sds.nack')).toHaveLength(1);
    expect(log.named('sds.nack')[0]).toMatchObject({
      level: 'warn',
      fields: { reason: 'bad key', names: ['default'] },
    });
    stream.send(rejected);
    await expect.poll(() => log.named('sds.stale_nonce')).toHaveLength(1);
    expect(stream.seen).toHaveLength(1);
  });

  it('gives the same content the same version after a reconnect', async () => {
    const { client } = await sdsBed();
    const [a, b] = [client.stream(), client.stream()];
    a.send({ resource_names: ['default'] });
    const first = await a.next();
    b.send({ resource_names: ['default'], version_info: first.version_info });
    expect((await b.next()).version_info).toBe(first.version_info);
  });

  it('ends one that asks for too much with RESOURCE_EXHAUSTED, and no other', async () => {
    const { client } = await sdsBed();
    const [greedy, other] = [client.stream(), client.stream()];
    greedy.send({
      resource_names: Array.from({ length: LIMITS.resourceNames + 1 }, (_, index) => `n${index}`),
    });
    expect(await greedy.status).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: 'request is over a limit',
    });
    other.send({ resource_names: ['ROOTCA'] });
    expect(await other.next()).toBeDefined();
  });

  it('ends with UNAVAILABLE when the listener stops', async () => {
    const { client, listener, issuer } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['default'] });
    await stream.next();
    await listener.stop(2000);
    expect(await stream.status).toMatchObject({ code: status.UNAVAILABLE });
    issuer.renew(ORDERS);
    expect(issuer.kept).toBe(0);
  });

  it('ends well when the client has said all it will', async () => {
    const { client, service } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA'] });
    await stream.next();
    stream.call.end();
    expect(await stream.status).toMatchObject({ code: status.OK });
    await expect.poll(() => service.openStreams).toBe(0);
  });

  it('costs a client that does not read no more than one response', async () => {
    const { client, issuer, log } = await sdsBed();
    const stream = client.stream();
    issuer.replaceBundle(...Array.from({ length: 3000 }, (_, index) => `root ${index} ${'x'.repeat(300)}`));
    stream.call.pause();
    stream.send({ resource_names: ['ROOTCA'] });
    await expect.poll(() => log.named('sds.pushed').length).toBeGreaterThan(0);
    for (let round = 0; round < 50; round += 1) {
      issuer.replaceBundle(
        ...Array.from({ length: 3000 }, (_, index) => `root ${round} ${index} ${'x'.repeat(300)}`),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(log.named('sds.pushed').length).toBeLessThan(20);
    issuer.replaceBundle('the last root');
    stream.call.resume();
    await expect
      .poll(() => stream.seen.flatMap(secretsOf).at(-1), { timeout: 5000 })
      .toEqual({ name: 'ROOTCA', trustDomains: { 'example.org': ['the last root'] } });
  });

  it('holds no key in any event', async () => {
    const { client, issuer, log } = await sdsBed();
    const stream = client.stream();
    stream.send({ resource_names: ['default'] });
    await stream.next();
    issuer.renew(ORDERS);
    await stream.next();
    const text = JSON.stringify(log.all);
    expect(text).toContain(SELECTOR.split(':')[2]);
    for (const secret of ['key 1', 'key 2', Buffer.from('key 1').toString('base64'), 'PRIVATE KEY']) {
      expect(text).not.toContain(secret);
    }
  });
});
