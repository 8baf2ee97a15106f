import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import { createIssuer } from '../../../src/issuer/index.ts';
import type { DiscoveryResponse } from '../../../src/proto/index.ts';
import { createSecretService } from '../../../src/sds/index.ts';
import { openState } from '../../../src/store/index.ts';
import { entryFor, fakeEntries } from '../../fakes/entries.ts';
import { eventLog } from '../../fakes/events.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { cleanUp, openListener, socketPath } from '../grpc/bed.ts';
import { ORDERS, pemOf, SELECTOR, sdsClient, TRUST_DOMAIN } from './bed.ts';

/** A server and a client that have nothing but what came over SDS; the client's URI name as the server sees it. */
async function handshake(identity: { chain: string; key: string }, roots: string): Promise<string> {
  const tls = { cert: identity.chain, key: identity.key, ca: roots };
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (socket) => {
    socket.end(socket.getPeerX509Certificate()?.subjectAltName ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ ...tls, host: '127.0.0.1', port, checkServerIdentity: () => undefined });
  socket.setEncoding('utf8');
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
  }
  server.close();
  return text;
}

it('serves certificates of the real issuer that two peers accept, through renewals', async () => {
  const log = eventLog();
  const state = openState(`${socketPath()}.state`);
  cleanUp(() => state.close());
  const base = { clock: systemClock, random: systemRandom, events: log.sink };
  const issuer = await createIssuer({
    ...base,
    state,
    trustDomain: TRUST_DOMAIN,
    options: caOptions.parse({}),
  });
  cleanUp(() => issuer.stop());
  const service = createSecretService({
    ...base,
    definitions: testDefinitions(),
    issuer,
    entries: fakeEntries(TRUST_DOMAIN, entryFor(ORDERS, [SELECTOR], { x509TtlSeconds: 5 })),
  });
  const { target } = await openListener({
    address: { kind: 'unix', path: socketPath(), mode: 0o600, mayTakeOver: false },
    services: [service.source],
  });
  const client = sdsClient(target);
  const [identity, trust] = [client.stream(), client.stream()];
  trust.send({ resource_names: ['ROOTCA'] });
  const roots = pemOf(await trust.next()).trustedCa;
  identity.send({ resource_names: ['default'] });
  const keys = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    const response: DiscoveryResponse = await identity.next();
    const { chain, key } = pemOf(response);
    expect(await handshake({ chain, key }, roots)).toBe(`URI:${ORDERS}`);
    keys.add(key);
    identity.send({
      resource_names: ['default'],
      response_nonce: response.nonce,
      version_info: response.version_info,
    });
  }
  expect(keys.size).toBe(3);
  expect(log.named('sds.nack')).toEqual([]);
});
