import type { PeerMode } from '../policy/index.ts';
import { handshakeLog } from './access-log.ts';
import { serverTls } from './tls.ts';
import { type JsonObject, typed } from './typed.ts';

export interface PeerChains {
  /** The listener's own name. */
  readonly name: string;
  /** What its port takes by PeerAuthentication. */
  readonly mode: PeerMode;
  /** The name of the secret that it shows. */
  readonly identity: string;
  /** What a connection comes to once it is taken. */
  readonly filters: readonly JsonObject[];
}

/**
 * The part of a listener that says which connections it takes. Istio specification, section 3: STRICT has a
 * chain for mutual TLS alone, so plain text finds none and is closed before any filter sees it; PERMISSIVE has
 * one for each; DISABLE takes plain text. TLS without a certificate of the trust bundle is refused in
 * each mode that takes TLS. The inspector also reads the name (SNI) that rules ask for.
 */
export function peerChains({ name, mode, identity, filters }: PeerChains): JsonObject {
  const mutual = {
    name: 'mutual-tls',
    filter_chain_match: { transport_protocol: 'tls' },
    transport_socket: serverTls(identity),
    filters,
  };
  switch (mode) {
    case 'STRICT':
      return { access_log: handshakeLog(name), ...INSPECTED, filter_chains: [mutual] };
    case 'PERMISSIVE':
      return {
        access_log: handshakeLog(name, PLAIN),
        ...INSPECTED,
        filter_chains: [
          mutual,
          { name: PLAIN, filter_chain_match: { transport_protocol: 'raw_buffer' }, filters },
        ],
      };
    case 'DISABLE':
      return { filter_chains: [{ name: PLAIN, filters }] };
    default:
      return mode satisfies never;
  }
}

const PLAIN = 'plain-text';

const INSPECTED: JsonObject = {
  listener_filters: [
    {
      name: 'envoy.filters.listener.tls_inspector',
      typed_config: typed('envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'),
    },
  ],
};
