import type { SpiffeId } from '../identity/index.ts';
import { TRUST_BUNDLE } from './proxy.ts';
import { type JsonObject, typed } from './typed.ts';

export const SDS_CLUSTER = 'sallyport-sds';

/**
 * The server side of mutual TLS: shows `identity`, demands a certificate of the trust bundle. The bundle
 * arrives with Envoy's SPIFFE validator in it.
 */
export function serverTls(identity: string): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      require_client_certificate: true,
      // A resumed session is not verified again: with certificates of an hour every connection shows its own.
      disable_stateless_session_resumption: true,
      disable_stateful_session_resumption: true,
      common_tls_context: {
        ...tlsParameters(['h2', 'http/1.1']),
        tls_certificate_sds_secret_configs: [secret(identity)],
        validation_context_sds_secret_config: secret(TRUST_BUNDLE),
      },
    }),
  };
}

/** The client side: shows `identity`, accepts exactly `peer` under the trust bundle. */
export function clientTls(identity: string, peer: SpiffeId, alpn: readonly string[]): JsonObject {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: typed('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
      max_session_keys: 0,
      common_tls_context: {
        ...tlsParameters(alpn),
        tls_certificate_sds_secret_configs: [secret(identity)],
        combined_validation_context: {
          default_validation_context: {
            match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: peer.uri } }],
          },
          validation_context_sds_secret_config: secret(TRUST_BUNDLE),
        },
      },
    }),
  };
}

function tlsParameters(alpn: readonly string[]): JsonObject {
  return {
    // Envoy's clients stop at 1.2 unless told otherwise.
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    ...(alpn.length === 0 ? {} : { alpn_protocols: alpn }),
  };
}

function secret(name: string): JsonObject {
  return {
    name,
    sds_config: {
      resource_api_version: 'V3',
      // No certificate, no open port: with a time limit the port would open and every handshake fail.
      initial_fetch_timeout: '0s',
      api_config_source: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: SDS_CLUSTER,
              // Without it Envoy asked again 19 s after an outage of 15 s, with it after 0.4 s.
              retry_policy: { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } },
            },
          },
        ],
      },
    },
  };
}
