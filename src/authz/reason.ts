import type { TokenRejectReason } from '../jwt/index.ts';
import type { DecisionReason } from '../policy/index.ts';

/** Why a verdict is as it is. Stable codes; they name no policy, rule or principal, so a stranger may see them. */
export type AuthzReason = DecisionReason | TokenRejectReason | RequestReason;

/** What is wrong before any policy is asked, or keeps policies from being asked. */
export type RequestReason =
  /** Not a CheckRequest, or one that says two things at once. */
  | 'request_malformed'
  /** The path is not in a form that the profile's normalisation produces. */
  | 'path_not_normalized'
  | 'profile_unknown'
  /** Nothing says which workload is meant, or it says one that is not in the directory. */
  | 'destination_unknown'
  /** Several workloads with different policies are meant. */
  | 'destination_ambiguous'
  /** The peer's certificate or its names cannot be read. */
  | 'source_malformed'
  /** The peer has several identities. */
  | 'source_ambiguous'
  | 'source_revoked'
  | 'source_untrusted'
  /** A verified claim cannot be written into a header. */
  | 'header_unsafe'
  /** The provider of a CUSTOM policy is not configured, or cannot be asked about such a connection. */
  | 'provider_unknown'
  /** The provider of a CUSTOM policy gave no verdict, or one that cannot be taken. */
  | 'provider_failed'
  /** A provider is to see the body, and it is longer than that provider takes. */
  | 'body_too_large'
  /** A provider is to see the body, and Envoy did not send it. */
  | 'body_missing'
  /** No verdict: keys that a token needs did not come in time. */
  | 'keys_unavailable'
  /** No verdict: the first snapshot is not there yet. */
  | 'not_ready';
