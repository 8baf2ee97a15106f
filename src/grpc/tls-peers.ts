import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Clock, type EventSink, TIMER_MILLIS_MAX, type Timer } from '../base/index.ts';

/** A connection that a client certificate opened. */
export interface TlsPeer {
  readonly socket: Socket;
  readonly uris: readonly string[];
  readonly certificate: X509Certificate;
}

export interface TlsPeers {
  add(peer: TlsPeer): void;
  /** Ends the watch; connections stay as they are. */
  release(): void;
}

/**
 * Closes connections whose certificate does not open them any more: at its end, and when a review finds that it
 * was revoked or its holder stopped. TLS itself looks at the handshake alone.
 */
export function trackPeers(
  { name, clock, events }: { readonly name: string; readonly clock: Clock; readonly events: EventSink },
  security: {
    readonly allow: (uris: readonly string[], certificateDer: Uint8Array) => boolean;
    readonly onReview?: (review: () => void) => () => void;
  },
): TlsPeers {
  const peers = new Map<TlsPeer, Timer>();
  const close = ({ socket, uris }: TlsPeer, reason: string): void => {
    const message = 'the connection of a client was closed';
    events({
      level: 'warn',
      event: 'grpc.peer_closed',
      message,
      fields: { listener: name, reason, peerUris: uris },
    });
    socket.destroy();
  };
  const watchEnd = (peer: TlsPeer): void => {
    const leftMillis = peer.certificate.validToDate.getTime() - clock.nowMillis();
    if (leftMillis <= 0) {
      close(peer, 'its certificate has ended');
    } else {
      peers.set(
        peer,
        clock.startTimer(Math.min(leftMillis, TIMER_MILLIS_MAX), () => watchEnd(peer)),
      );
    }
  };
  const review = (): void => {
    for (const peer of [...peers.keys()]) {
      if (!security.allow(peer.uris, peer.certificate.raw)) {
        close(peer, 'it may not come in any more');
      }
    }
  };
  const stopReviews = security.onReview?.(review);
  return {
    add(peer) {
      watchEnd(peer);
      peer.socket.once('close', () => {
        peers.get(peer)?.cancel();
        peers.delete(peer);
      });
    },
    release() {
      stopReviews?.();
      for (const timer of peers.values()) {
        timer.cancel();
      }
    },
  };
}
