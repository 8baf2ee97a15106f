import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import type { DiscoveryResponse } from '../../../src/proto/index.ts';
import type { GenericSecret, GenericSecretSource } from '../../../src/sds/index.ts';
import { entryFor } from '../../fakes/entries.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { BILLING, ORDERS, SELECTOR, sdsBed, secretsOf } from './bed.ts';

function genericOf({
  resources,
}: Pick<DiscoveryResponse, 'resources'>): readonly (readonly [string, string])[] {
  return resources.map(({ value }) => {
    const type = 'envoy.extensions.transport_sockets.tls.v3.Secret';
    const secret = testDefinitions().decodeMessage(type, value) as {
      readonly name: string;
      readonly generic_secret?: { readonly secret: { readonly inline_bytes: Uint8Array } };
    };
    return [secret.name, Buffer.from(secret.generic_secret?.secret.inline_bytes ?? []).toString()];
  });
}

function secrets(texts: Readonly<Record<string, string>>, spiffeId = ORDERS) {
  const listeners = new Set<() => void>();
  const made = (all: Readonly<Record<string, string>>) =>
    new Map<string, GenericSecret>(
      Object.entries(all).map(([name, text]) => [
        name,
        { content: Buffer.from(text), spiffeIds: new Set([spiffeId]) },
      ]),
    );
  let current = made(texts);
  const source: GenericSecretSource = {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return {
    source,
    replace(next: Readonly<Record<string, string>>) {
      current = made(next);
      for (const listener of listeners) {
        listener();
      }
    },
  };
}

describe('a generic secret', () => {
  it('is sent by its name to a caller with the identity that may have it, and again when it changes', async () => {
    const { source, replace } = secrets({ 'oauth-key': 'first' });
    const { client } = await sdsBed(undefined, { generic: source });
    const stream = client.stream();
    stream.send({ resource_names: ['oauth-key'] });
    expect(genericOf(await stream.next())).toEqual([['oauth-key', 'first']]);
    replace({ 'oauth-key': 'second' });
    expect(genericOf(await stream.next())).toEqual([['oauth-key', 'second']]);
    const delta = client.delta();
    delta.send({ resource_names_subscribe: ['oauth-key'] });
    const { resources } = await delta.next();
    expect(genericOf({ resources: resources.map(({ resource }) => resource) })).toEqual([
      ['oauth-key', 'second'],
    ]);
    expect(genericOf(await client.fetch({ resource_names: ['oauth-key'] }))).toEqual([
      ['oauth-key', 'second'],
    ]);
  });

  it('is not there for another identity, nor for who asks for everything, and is in no log', async () => {
    const { source } = secrets({ 'oauth-key': 'hunter2' }, BILLING);
    const { client, log } = await sdsBed(undefined, { generic: source });
    const stream = client.stream();
    stream.send({ resource_names: ['oauth-key', 'default'] });
    expect(secretsOf(await stream.next()).map(({ name }) => name)).toEqual(['default']);
    const own = secrets({ 'oauth-key': 'hunter2' });
    const other = await sdsBed(undefined, { generic: own.source });
    const everything = other.client.stream();
    everything.send({ resource_names: [] });
    const { resources } = await everything.next();
    expect(genericOf({ resources }).map(([name]) => name)).not.toContain('oauth-key');
    expect(JSON.stringify([...log.all, ...other.log.all])).not.toContain('hunter2');
  });
});

describe('a name chosen by a client of a client (SNI)', () => {
  const entries = [
    entryFor(ORDERS, [SELECTOR], { dnsNames: ['orders.example.org', '*.shop.example.org'] }),
    entryFor(BILLING, ['other:selector'], { dnsNames: ['billing.example.org'] }),
  ];

  it('gets the certificate of the entry that has it, by a wildcard of one label too', async () => {
    const { client } = await sdsBed(entries);
    const names = ['orders.example.org', 'A.shop.example.org', 'a.b.shop.example.org', 'billing.example.org'];
    const seen = secretsOf(await client.fetch({ resource_names: names }));
    expect(seen.map(({ name }) => name)).toEqual(['orders.example.org', 'A.shop.example.org']);
  });

  it('costs one certificate for all the names of an identity', async () => {
    const { client, issuer } = await sdsBed(entries);
    const stream = client.stream();
    const names = Array.from({ length: 500 }, (_, index) => `n${index}.shop.example.org`);
    stream.send({ resource_names: names });
    expect(secretsOf(await stream.next())).toHaveLength(500);
    expect(issuer.issued).toBe(1);
  });

  it('that nobody has fills neither log nor memory', async () => {
    const { client, log, service, issuer } = await sdsBed(entries);
    const stream = client.delta();
    for (let turn = 0; turn < 200; turn += 1) {
      stream.send({
        resource_names_subscribe: [`stranger-${turn}.example.com`],
        resource_names_unsubscribe: [`stranger-${turn - 1}.example.com`],
      });
    }
    stream.send({ resource_names_subscribe: ['orders.example.org'] });
    await stream.next();
    expect(service.openStreams).toBe(1);
    expect(log.named('sds.name_refused').length).toBeLessThanOrEqual(20);
    expect(issuer.issued).toBe(1);
  });

  it('as many as a stream may ask for, and not one more', async () => {
    const { client } = await sdsBed(entries);
    const names = (count: number) =>
      Array.from({ length: count }, (_, index) => `n${index}.shop.example.org`);
    const stream = client.stream();
    stream.send({ resource_names: names(LIMITS.resourceNames) });
    expect(secretsOf(await stream.next())).toHaveLength(LIMITS.resourceNames);
    stream.send({ resource_names: names(LIMITS.resourceNames + 1) });
    expect((await stream.status).code).toBe(8);
  });
});
