import type { SpiffeId } from '../identity/index.ts';

/** One Envoy as we think of it; `makeBootstrap` turns it into Envoy's own words. */
export interface EnvoyProxy {
  readonly nodeId: string;
  readonly nodeCluster: string;
  readonly admin: TcpEndpoint | undefined;
  /** Where Sallyport answers Checks. */
  readonly authorizer: Endpoint;
  /** Where Sallyport serves secrets. */
  readonly secrets: Endpoint;
  /** How long a verdict may take before the request is refused. */
  readonly verdictTimeoutMillis: number;
  readonly listeners: readonly Listener[];
  readonly upstreams: readonly Upstream[];
}

export type Endpoint = TcpEndpoint | { readonly kind: 'unix'; readonly path: string };

/** An address, or a name that DNS answers. Listeners bind addresses only. */
export interface TcpEndpoint {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

export type Listener = HttpListener | TcpListener;

/**
 * - `inbound`: mutual TLS, then a verdict, then the workload itself.
 * - `edge`: plain HTTP from strangers, then a verdict.
 * - `outbound`: plain HTTP from the workload itself, no verdict; the other side asks for one.
 */
export interface HttpListener {
  readonly kind: 'inbound' | 'edge' | 'outbound';
  readonly name: string;
  readonly address: TcpEndpoint;
  /** Tried in this order. */
  readonly routes: readonly Route[];
  readonly pathNormalization: PathNormalization;
  /** The name of the secret that `inbound` shows; another listener has none to show. */
  readonly identity: string;
}

/** Like `inbound` and `outbound`, for bytes. */
export interface TcpListener {
  readonly kind: 'tcp-inbound' | 'tcp-outbound';
  readonly name: string;
  readonly address: TcpEndpoint;
  readonly upstream: string;
  readonly identity: string;
}

export interface Route {
  readonly path: { readonly kind: 'prefix' | 'exact'; readonly text: string };
  readonly action:
    | { readonly kind: 'upstream'; readonly name: string }
    | { readonly kind: 'reply'; readonly status: number; readonly body: string };
  /**
   * Whose policies judge requests of this route, `<namespace>/<name>` of a WorkloadEntry; `none` asks for
   * no verdict at all. Ignored on `outbound` listeners.
   */
  readonly verdict: { readonly kind: 'workload'; readonly workload: string } | { readonly kind: 'none' };
}

/** The modes of Istio's `pathNormalization.normalization`. */
export const PATH_NORMALIZATIONS = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;

export type PathNormalization = (typeof PATH_NORMALIZATIONS)[number];

export interface Upstream {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly protocol: 'http1' | 'http2' | 'tcp';
  /** Mutual TLS, for which exactly `peer` must answer; undefined is plain text. */
  readonly tls: { readonly identity: string; readonly peer: SpiffeId } | undefined;
  /** 1 makes a new connection for every request; undefined sets no limit. */
  readonly requestsPerConnectionMax: number | undefined;
}

/** The names SPIRE's agent serves: the caller's first identity, and the trust of its own domain. */
export const DEFAULT_IDENTITY = 'default';
export const TRUST_BUNDLE = 'ROOTCA';

/** The key of the context extension that names the workload; `<namespace>/<name>`. */
export const WORKLOAD_EXTENSION = 'sallyport.workload';
