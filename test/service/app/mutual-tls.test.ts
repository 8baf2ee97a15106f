import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callAdmin } from '../../../src/admin/index.ts';
import { mintX509 } from '../../../src/app/index.ts';
import { formatListenAddress, systemClock, systemRandom } from '../../../src/base/index.ts';
import { parseSpiffeId } from '../../../src/identity/index.ts';
import type { DiscoveryResponse } from '../../../src/proto/index.ts';
import { writePem } from '../../../src/x509/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { ENTRY, makeSite, SETTINGS, type Site } from './bed.ts';
import { start } from './running.ts';

const CLIENT = 'spiffe://example.org/ns/web/sa/first';
const OTHER = 'spiffe://example.org/ns/web/sa/other';

const OVER_TCP = SETTINGS.replace(
  '{ name: web, address: "unix:run/web.sock" }',
  `{ name: remote, address: "127.0.0.1:0", allowedSpiffeIds: ["${CLIENT}"] }`,
);

async function credentialsOf(site: Site, id: string): Promise<grpc.ChannelCredentials> {
  const { x509, bundle } = await mintX509({
    settingsPath: site.settingsPath,
    request: { spiffeId: parseSpiffeId(id), dnsNames: [], ttlSeconds: undefined },
    clock: systemClock,
    random: systemRandom,
  });
  return grpc.credentials.createSsl(
    Buffer.from(writePem('CERTIFICATE', bundle)),
    Buffer.from(writePem('PRIVATE KEY', [x509.privateKey ?? new Uint8Array()])),
    Buffer.from(writePem('CERTIFICATE', x509.certificates)),
    // Sallyport's certificate has a SPIFFE ID and no DNS name.
    {
      checkServerIdentity: (_, { subjectaltname }) =>
        subjectaltname === 'URI:spiffe://example.org/sallyport/server'
          ? undefined
          : new Error('not the identity of a sallyport'),
    },
  );
}

function fetchDefault(target: string, credentials: grpc.ChannelCredentials): Promise<DiscoveryResponse> {
  const service = testDefinitions().service('envoy.service.secret.v3.SecretDiscoveryService');
  const method = service['FetchSecrets'] as grpc.MethodDefinition<object, object>;
  const client = new grpc.Client(target, credentials, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': 'sallyport',
  });
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { resource_names: ['default'] },
      { deadline: Date.now() + 5000 },
      (error, response) => {
        client.close();
        if (error === null) {
          resolve(response as DiscoveryResponse);
        } else {
          reject(error);
        }
      },
    );
  });
}

/** An open stream: what it first received, and how it ends. */
function streamOpened(target: string, credentials: grpc.ChannelCredentials) {
  const service = testDefinitions().service('envoy.service.secret.v3.SecretDiscoveryService');
  const method = service['StreamSecrets'] as grpc.MethodDefinition<object, object>;
  const client = new grpc.Client(target, credentials, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': 'sallyport',
  });
  onTestFinished(() => client.close());
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  call.on('error', () => undefined);
  call.write({ resource_names: ['default'] });
  return {
    received: new Promise((resolve) => call.once('data', resolve)),
    ended: new Promise<grpc.StatusObject>((resolve) => call.once('status', resolve)),
  };
}

describe('an agent listener on TCP', () => {
  it('serves the holder of a minted certificate by its SPIFFE ID, and nobody else', async () => {
    const site = makeSite(OVER_TCP);
    site.write('entries/web.yaml', ENTRY.replace('sallyport:socket:web', `sallyport:mtls:${CLIENT}`));
    const first = await credentialsOf(site, CLIENT);
    const other = await credentialsOf(site, OTHER);
    const running = await start(site);
    const address = running.addresses.get('remote');
    const target = address === undefined ? '' : formatListenAddress(address);
    const { resources } = await fetchDefault(target, first);
    expect(resources).toHaveLength(1);
    await expect(fetchDefault(target, other)).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
    expect(running.logged('grpc.peer_refused')).toMatchObject([{ peerUris: [OTHER] }]);
    await expect(fetchDefault(target, grpc.credentials.createInsecure())).rejects.toMatchObject({
      code: grpc.status.UNAVAILABLE,
    });
  });

  it('refuses a client whose certificate was revoked, and closes the connections that it has', async () => {
    const site = makeSite(OVER_TCP);
    site.write('entries/web.yaml', ENTRY.replace('sallyport:socket:web', `sallyport:mtls:${CLIENT}`));
    const first = await credentialsOf(site, CLIENT);
    const running = await start(site);
    const address = running.addresses.get('remote');
    const target = address === undefined ? '' : formatListenAddress(address);
    const open = streamOpened(target, first);
    await open.received;
    const socket = site.path('state', 'admin.sock');
    await callAdmin(socket, 'certs.stop', { spiffeId: CLIENT });
    expect(await open.ended).toMatchObject({ code: grpc.status.UNAVAILABLE });
    await expect(fetchDefault(target, first)).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
    expect(running.logged('grpc.peer_closed')).toHaveLength(1);
  });

  it('has a state folder in which nothing but keys holds a private key', async () => {
    const site = makeSite(OVER_TCP);
    await credentialsOf(site, CLIENT);
    expect(readFileSync(site.path('state', 'state.db')).includes('PRIVATE KEY')).toBe(false);
  });
});
