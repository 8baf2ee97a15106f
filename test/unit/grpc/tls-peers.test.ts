import { X509Certificate } from 'node:crypto';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/index.ts';
import { createForeignCa } from '../../../src/ca/index.ts';
import { type TlsPeer, trackPeers } from '../../../src/grpc/tls-peers.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { eventLog } from '../../fakes/events.ts';

const START = Date.UTC(2026, 0, 1);
const CLIENT = 'spiffe://example.org/client';

async function bed() {
  const ca = await createForeignCa(parseTrustDomain('example.org'), START / 1000, systemRandom);
  const { certificates } = await ca.svid(parseSpiffeId(CLIENT));
  const certificate = new X509Certificate(certificates[0] ?? new Uint8Array());
  const clock = fakeClock(START);
  const log = eventLog();
  let isAllowed = true;
  let review = (): void => {};
  const peers = trackPeers(
    { name: 'test', clock, events: log.sink },
    {
      allow: () => isAllowed,
      onReview(run) {
        review = run;
        return () => {
          review = () => {};
        };
      },
    },
  );
  const peer: TlsPeer = { socket: new Socket(), uris: [CLIENT], certificate };
  peers.add(peer);
  return {
    clock,
    log,
    peer,
    peers,
    leftMillis: certificate.validToDate.getTime() - START,
    disallow(): void {
      isAllowed = false;
      review();
    },
  };
}

it('keeps a connection up to the end of its certificate and not longer', async () => {
  const { clock, log, peer, leftMillis } = await bed();
  await clock.advance(leftMillis - 1);
  expect(peer.socket.destroyed).toBe(false);
  await clock.advance(1);
  expect(peer.socket.destroyed).toBe(true);
  expect(log.named('grpc.peer_closed')[0]?.fields).toMatchObject({ peerUris: [CLIENT] });
});

it('closes a connection that a review does not allow any more', async () => {
  const { log, peer, disallow } = await bed();
  disallow();
  expect(peer.socket.destroyed).toBe(true);
  expect(log.named('grpc.peer_closed')).toHaveLength(1);
});

it('leaves no timer behind, neither for a closed connection nor after the end', async () => {
  const closed = await bed();
  closed.peer.socket.destroy();
  await closed.clock.advance(0);
  expect(closed.clock.pendingTimers).toBe(0);
  const released = await bed();
  released.peers.release();
  expect(released.clock.pendingTimers).toBe(0);
});
