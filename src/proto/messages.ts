/**
 * The messages as the codecs of `Definitions` give and take them: names as in the .proto files, 64-bit
 * integers as text, enums as names, bytes as Uint8Array, and an absent message as null.
 */

export interface AnyMessage {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

export interface Node {
  readonly id: string;
  readonly cluster: string;
  readonly user_agent_name: string;
  readonly user_agent_version?: string;
  readonly user_agent_build_version?: {
    readonly version: {
      readonly major_number: number;
      readonly minor_number: number;
      readonly patch: number;
    } | null;
  } | null;
  readonly metadata: { readonly fields?: Readonly<Record<string, ProtoValue>> } | null;
}

/** google.protobuf.Value; `kind` names the field that is set. */
export interface ProtoValue {
  readonly kind?: string;
  readonly nullValue?: string;
  readonly numberValue?: number;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly structValue?: { readonly fields?: Readonly<Record<string, ProtoValue>> };
  readonly listValue?: { readonly values?: readonly ProtoValue[] };
}

export interface DiscoveryRequest {
  readonly version_info: string;
  readonly node: Node | null;
  readonly resource_names: readonly string[];
  readonly type_url: string;
  readonly response_nonce: string;
  readonly error_detail: RpcStatus | null;
}

export interface DiscoveryResponse {
  readonly version_info: string;
  readonly resources: readonly AnyMessage[];
  readonly type_url: string;
  readonly nonce: string;
  readonly control_plane?: { readonly identifier: string };
}

export interface DeltaDiscoveryRequest {
  readonly node: Node | null;
  readonly type_url: string;
  readonly resource_names_subscribe: readonly string[];
  readonly resource_names_unsubscribe: readonly string[];
  readonly initial_resource_versions: Readonly<Record<string, string>>;
  readonly response_nonce: string;
  readonly error_detail: RpcStatus | null;
}

export interface DeltaDiscoveryResponse {
  readonly system_version_info: string;
  readonly resources: readonly DeltaResource[];
  readonly type_url: string;
  readonly removed_resources: readonly string[];
  readonly nonce: string;
  readonly control_plane?: { readonly identifier: string };
}

export interface DeltaResource {
  readonly name: string;
  readonly version: string;
  readonly resource: AnyMessage;
}

export interface DataSource {
  readonly inline_bytes: Uint8Array;
}

/** What is sent of `envoy.extensions.transport_sockets.tls.v3.Secret`: exactly one member beside the name. */
export type Secret =
  | {
      readonly name: string;
      readonly tls_certificate: { readonly certificate_chain: DataSource; readonly private_key: DataSource };
    }
  | { readonly name: string; readonly validation_context: CertificateValidationContext }
  | { readonly name: string; readonly generic_secret: { readonly secret: DataSource } };

export interface CertificateValidationContext {
  readonly trusted_ca?: DataSource;
  readonly crl?: DataSource;
  readonly only_verify_leaf_cert_crl?: boolean;
  readonly custom_validator_config?: { readonly name: string; readonly typed_config: AnyMessage };
}

export interface SpiffeCertValidatorConfig {
  readonly trust_domains: readonly {
    /** Without `spiffe://`. */
    readonly name: string;
    readonly trust_bundle: DataSource;
  }[];
}

export interface HealthCheckRequest {
  readonly service: string;
}

export interface HealthCheckResponse {
  readonly status: 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}
