import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { entryFor } from '../../fakes/entries.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { LOOPBACK } from '../grpc/bed.ts';
import { BILLING, deltaSecretsOf, ORDERS, SELECTOR, sdsBed, sdsClient, secretsOf } from './bed.ts';

describe('DeltaSecrets', () => {
  it('serves, renews and says what has gone', async () => {
    const { client, issuer, entries } = await sdsBed();
    const stream = client.delta();
    stream.send({ resource_names_subscribe: ['default'] });
    const first = await stream.next();
    expect(deltaSecretsOf(first)).toMatchObject([{ name: 'default', key: 'key 1' }]);
    stream.send({ response_nonce: first.nonce });
    issuer.renew(ORDERS);
    expect(deltaSecretsOf(await stream.next())).toMatchObject([{ name: 'default', key: 'key 2' }]);
    entries.replace();
    expect(await stream.next()).toMatchObject({ resources: [], removed_resources: ['default'] });
  });

  it('does not send again what a reconnecting client holds', async () => {
    const { client, issuer } = await sdsBed();
    const before = client.delta();
    before.send({ resource_names_subscribe: ['default', 'ROOTCA'] });
    await expect.poll(() => before.seen.flatMap(deltaSecretsOf)).toHaveLength(2);
    const versions = Object.fromEntries(
      before.seen.flatMap(({ resources }) => resources.map(({ name, version }) => [name, version])),
    );
    before.call.cancel();
    await expect.poll(() => issuer.kept).toBe(0);
    const after = client.delta();
    after.send({ resource_names_subscribe: ['default', 'ROOTCA'], initial_resource_versions: versions });
    await expect.poll(() => issuer.kept).toBe(1);
    issuer.renew(ORDERS);
    expect(deltaSecretsOf(await after.next())).toMatchObject([{ name: 'default', key: 'key 2' }]);
    expect(after.seen).toHaveLength(1);
  });
});

describe('FetchSecrets', () => {
  it('answers once with all the caller may have', async () => {
    const { client, issuer } = await sdsBed([entryFor(ORDERS, [SELECTOR]), entryFor(BILLING, [SELECTOR])]);
    const response = await client.fetch({});
    expect(secretsOf(response).map(({ name }) => name)).toEqual(['spiffe://example.org', BILLING, ORDERS]);
    expect(response.nonce).toBe('');
    expect(issuer.kept).toBe(0);
  });

  it('leaves out a name and serves the others', async () => {
    const { client, log } = await sdsBed();
    const response = await client.fetch({ resource_names: ['nobody', 'default'] });
    expect(secretsOf(response)).toMatchObject([{ name: 'default', key: 'key 1' }]);
    expect(log.named('sds.name_refused')).toHaveLength(1);
  });

  it('tells a stranger no more than that nothing is issued', async () => {
    const { client } = await sdsBed([]);
    await expect(client.fetch({ resource_names: ['default'] })).rejects.toMatchObject({
      code: grpc.status.PERMISSION_DENIED,
      details: 'no identity issued',
    });
  });

  it('says UNAVAILABLE when it cannot be issued', async () => {
    const { client, issuer } = await sdsBed();
    issuer.mode = 'fail';
    await expect(client.fetch({ resource_names: ['default'] })).rejects.toMatchObject({
      code: grpc.status.UNAVAILABLE,
      details: 'not ready yet',
    });
  });
});

describe('the listener of secrets', () => {
  it('is not plain TCP unless somebody said so', async () => {
    await expect(sdsBed(undefined, {}, { address: LOOPBACK })).rejects.toMatchObject({
      code: 'ERR_SDS_OPEN_LISTENER',
    });
  });

  it('is plain TCP when somebody said so', async () => {
    const { client } = await sdsBed(
      undefined,
      { insecureListeners: new Set(['test']), selectorsOf: () => [SELECTOR] },
      { address: LOOPBACK },
    );
    expect(secretsOf(await client.fetch({ resource_names: ['ROOTCA'] }))).toHaveLength(1);
  });

  it('knows a client by its certificate', async () => {
    const ca = opensslCa('sds');
    const server = { ...ca.issue('DNS:localhost'), trustedCaPem: ca.certificatePem };
    const { listener } = await sdsBed(
      [entryFor(ORDERS, [`sallyport:mtls:${BILLING}`])],
      {},
      {
        address: LOOPBACK,
        security: {
          kind: 'mtls',
          tls: { current: () => server, onChange: () => () => undefined },
          allow: (uris) => uris.length === 1,
        },
      },
    );
    const { port } = listener.address as { port: number };
    const clientOf = (uri: string) => {
      const leaf = ca.issue(`URI:${uri}`);
      const pem = [ca.certificatePem, leaf.privateKeyPem, leaf.certificateChainPem].map((text) =>
        Buffer.from(text),
      );
      return sdsClient(`127.0.0.1:${port}`, grpc.credentials.createSsl(pem[0], pem[1], pem[2]));
    };
    expect(secretsOf(await clientOf(BILLING).fetch({ resource_names: ['default'] }))).toMatchObject([
      { chain: [`leaf 1 of ${ORDERS}`, 'intermediate'] },
    ]);
    await expect(clientOf(ORDERS).fetch({ resource_names: ['default'] })).rejects.toMatchObject({
      code: grpc.status.PERMISSION_DENIED,
    });
  });
});
