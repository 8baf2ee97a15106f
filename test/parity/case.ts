import type { TestKeyName } from '../fakes/token-issuer.ts';
import type { OwnName } from './certificates.ts';
import type { ParityMesh } from './mesh.ts';

/**
 * A Kubernetes object. Texts in it may be placeholders, since ports and keys are made anew by each run: `PORT_A`,
 * `PORT_B`, and `JWKS:rsa,p256!enc`.
 */
export interface PolicyObject {
  readonly apiVersion: 'security.istio.io/v1';
  readonly kind: 'AuthorizationPolicy' | 'RequestAuthentication';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Some policies of one workload, and requests to it. */
export interface PolicySetCase {
  readonly index: number;
  readonly mesh: ParityMesh;
  readonly policies: readonly PolicyObject[];
  readonly requests: readonly ParityRequest[];
}

export interface ParityRequest {
  /** Undefined is plain text. */
  readonly tls:
    | { readonly certificate: CertificateName; readonly serverName: string | undefined }
    | undefined;
  readonly from: string;
  readonly to: '127.0.0.1' | '127.0.0.2';
  readonly port: 'PORT_A' | 'PORT_B';
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly tokens: readonly PlacedToken[];
  /** Under `k` of `envoy.filters.http.x`; undefined leaves it out, `unseen` the whole filter. */
  readonly metadata: string | readonly string[] | { readonly unseen: true } | undefined;
}

/** Those of `OWN_PATHS` chain to Sallyport's CA, the others only to what Envoy was told to trust. */
export type CertificateName = OwnName | 'foreign' | 'severalUris' | 'dnsOnly' | 'notSpiffe';

export interface PlacedToken {
  readonly place:
    | { readonly kind: 'header'; readonly name: string; readonly prefix: string }
    | { readonly kind: 'parameter' | 'cookie'; readonly name: string };
  readonly token: TokenRecipe;
}

export interface TokenRecipe {
  readonly key: TestKeyName;
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What is done to the text in the end; a name of `BENDS`. */
  readonly bend: string;
}
