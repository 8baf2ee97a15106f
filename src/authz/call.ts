import type { AuthzProfile } from './options.ts';

/** One `Check` as it comes in by a listener. */
export interface CheckCall {
  /** An `envoy.service.auth.v3.CheckRequest`; must not change. */
  readonly bytes: Uint8Array;
  /** The profile of the listener. */
  readonly profile: AuthzProfile;
  /** The values of a name in the call's own metadata, empty when it is absent. */
  metadata(name: string): readonly string[];
  /** Wall clock. */
  readonly nowSeconds: number;
}

/**
 * Metadata of the call that a profile with `trustCallMetadata` believes. Envoy sets it by `initial_metadata` of
 * its `grpc_service`, which takes format strings; `-` and an empty value say that there is none.
 */
export const CALL_METADATA = {
  /** `%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%`: the address after X-Forwarded-For and PROXY protocol. */
  remoteAddress: 'x-sallyport-remote-address',
  /** `%REQUESTED_SERVER_NAME%` */
  serverName: 'x-sallyport-sni',
  /** `%DOWNSTREAM_PEER_URI_SAN%` (several are joined by commas) or `%FILTER_STATE(io.istio.peer_principal:PLAIN)%`. */
  peer: 'x-sallyport-peer',
} as const;

/** The one value of a trusted name, empty when it is told that there is none; undefined when nothing is told or believed. */
export function trustedMetadata(
  call: CheckCall,
  profile: AuthzProfile,
  name: keyof typeof CALL_METADATA,
): string | undefined | typeof SEVERAL {
  if (!profile.trustCallMetadata) {
    return undefined;
  }
  const values = call.metadata(CALL_METADATA[name]);
  const [value] = values;
  if (values.length > 1) {
    return SEVERAL;
  }
  return value === '-' ? '' : value;
}

export const SEVERAL = Symbol('several values');
