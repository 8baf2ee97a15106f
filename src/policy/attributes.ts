import type { VerifiedToken } from '../jwt/index.ts';

/**
 * What a request or a connection is judged on: the evaluator's only input beside the policies. What is
 * unknown never lets a request pass: an ALLOW does not match because of it, a DENY does.
 */
export interface Attributes {
  readonly transport: 'http' | 'tcp';
  readonly source: {
    /**
     * The names of the peer's verified certificate in Envoy's order: URI names, else DNS names, else the
     * subject. Empty for plain text, undefined when unknown. SPIFFE IDs keep their `spiffe://`.
     */
    readonly principals: readonly string[] | undefined;
    /** The direct peer's address; undefined when unknown. */
    readonly address: string | undefined;
    /** After X-Forwarded-For by trusted hops, or PROXY protocol; undefined when unknown. */
    readonly remoteAddress: string | undefined;
  };
  readonly destination: {
    readonly address: string | undefined;
    readonly port: number | undefined;
  };
  /** Lower case; empty when there is known to be none, undefined when unknown. */
  readonly sni: string | undefined;
  /** Undefined exactly when `transport` is `tcp`. */
  readonly http: HttpAttributes | undefined;
  /** The token that RequestAuthentication verified. */
  readonly token: VerifiedToken | undefined;
  /**
   * Dynamic metadata by full filter name (`envoy.filters.http.x`), when Envoy sent it. A filter that is
   * not here is unknown; an empty map says that it left nothing.
   */
  readonly filterMetadata: ReadonlyMap<string, MetadataValue>;
}

export interface HttpAttributes {
  readonly method: string;
  /** `:authority`, port kept. */
  readonly host: string;
  /** Without query and fragment; undefined when the request has none (CONNECT). */
  readonly path: string | undefined;
  readonly headers: HeaderView;
}

/** Headers as the filters before authorization left them. */
export interface HeaderView {
  /** The lines of a header by its lower-case name, pseudo headers included; undefined when absent. */
  lines(name: string): readonly string[] | undefined;
  /**
   * True when several lines of one name arrive joined by `,` and cannot be told from one line: rules
   * then take the reading that is safe (DENY tries every part, ALLOW only the whole).
   */
  readonly joined: boolean;
}

export type MetadataValue =
  | string
  | number
  | boolean
  | null
  | readonly MetadataValue[]
  | { readonly [name: string]: MetadataValue };
