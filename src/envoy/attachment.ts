import type { SpiffeId } from '../identity/index.ts';
import { sallyportCluster } from './cluster.ts';
import {
  AUTHORIZER_CLUSTER,
  httpExtAuthz,
  networkExtAuthz,
  type PeerSource,
  routeExtAuthz,
} from './ext-authz.ts';
import { DEFAULT_IDENTITY, type Endpoint } from './proxy.ts';
import { clientTls, SDS_CLUSTER } from './tls.ts';
import type { JsonObject } from './typed.ts';
import type { EnvoyVersion } from './version.ts';

/** How an Envoy of somebody's own is to ask Sallyport about one workload. */
export interface Attachment {
  readonly transport: 'http' | 'tcp';
  readonly peer: PeerSource;
  /** `<namespace>/<name>`; a connection cannot say it, so it is found by certificate, labels or address there. */
  readonly workload: string;
  readonly authorizer: Endpoint;
  /** Where mutual TLS is asked for: Sallyport's own name, and where certificates come from. */
  readonly mutualTls: { readonly server: SpiffeId; readonly secrets: Endpoint } | undefined;
  readonly verdictTimeoutMillis: number;
  /** How much of a request's body is sent along; none unless given. */
  readonly bodyBytesMax?: number;
  readonly version: EnvoyVersion;
}

/** The filter, what a route says to it, and the clusters it needs, under the names that Envoy has for their places. */
export function attachmentParts(attachment: Attachment): JsonObject {
  const { transport, peer, workload, version } = attachment;
  const clusters = clustersOf(attachment);
  return transport === 'tcp'
    ? { filters: [networkExtAuthz(attachment, 'sallyport', version, peer)], clusters }
    : {
        http_filters: [httpExtAuthz(attachment, peer)],
        typed_per_filter_config: routeExtAuthz({ kind: 'workload', workload }),
        clusters,
      };
}

function clustersOf({ authorizer, mutualTls }: Attachment): readonly JsonObject[] {
  const cluster = sallyportCluster(AUTHORIZER_CLUSTER, authorizer);
  return mutualTls === undefined
    ? [cluster]
    : [
        { ...cluster, transport_socket: clientTls(DEFAULT_IDENTITY, mutualTls.server, ['h2']) },
        sallyportCluster(SDS_CLUSTER, mutualTls.secrets),
      ];
}
