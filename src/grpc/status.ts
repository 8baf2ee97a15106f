import { status } from '@grpc/grpc-js';
import { type ErrorCode, errorCodeOf } from '../base/index.ts';

/** What a client is told: a code it can act on and a text that tells a stranger nothing. */
export interface ClientStatus {
  readonly code: status;
  readonly details: string;
}

/** The codes of the rooms that answer clients; every other error is a defect to them. */
type ClientErrorCode = Extract<
  ErrorCode,
  | 'ERR_LIMIT_EXCEEDED'
  | 'ERR_WORKLOAD_CALLER_GONE'
  | 'ERR_ISSUER_JWT_SVID'
  | `ERR_${'GRPC' | 'SDS' | 'WORKLOAD_API'}_${string}`
>;

/**
 * The one table from error codes to gRPC statuses. CANCELLED is not in it, and INVALID_ARGUMENT only where the
 * Workload API asks for it, of what no retry would mend: SPIFFE clients give up for good when they see them.
 */
const STATUS_OF: Readonly<Record<ClientErrorCode, ClientStatus>> = {
  ERR_LIMIT_EXCEEDED: { code: status.RESOURCE_EXHAUSTED, details: 'request is over a limit' },
  ERR_GRPC_ADDRESS_IN_USE: { code: status.UNAVAILABLE, details: 'service is not available' },
  ERR_GRPC_LISTEN: { code: status.UNAVAILABLE, details: 'service is not available' },
  ERR_GRPC_TLS_MATERIAL: { code: status.UNAVAILABLE, details: 'service is not available' },
  ERR_GRPC_CALLER_UNKNOWN: { code: status.UNAUTHENTICATED, details: 'connection is not known' },
  ERR_WORKLOAD_CALLER_GONE: { code: status.UNAUTHENTICATED, details: 'the calling process is gone' },
  ERR_SDS_SECRET: { code: status.UNAVAILABLE, details: 'service is not available' },
  ERR_SDS_NO_IDENTITY: { code: status.PERMISSION_DENIED, details: 'no identity issued' },
  ERR_SDS_NOT_READY: { code: status.UNAVAILABLE, details: 'not ready yet' },
  ERR_SDS_OPEN_LISTENER: { code: status.UNAVAILABLE, details: 'service is not available' },
  ERR_WORKLOAD_API_HEADER: {
    code: status.INVALID_ARGUMENT,
    details: 'security header missing from request',
  },
  ERR_WORKLOAD_API_AUDIENCE: { code: status.INVALID_ARGUMENT, details: 'audience must be specified' },
  ERR_WORKLOAD_API_SPIFFE_ID: { code: status.INVALID_ARGUMENT, details: 'not a SPIFFE ID' },
  ERR_ISSUER_JWT_SVID: { code: status.INVALID_ARGUMENT, details: 'token is not valid' },
  ERR_WORKLOAD_API_NO_IDENTITY: { code: status.PERMISSION_DENIED, details: 'no identity issued' },
  ERR_WORKLOAD_API_NOT_READY: { code: status.UNAVAILABLE, details: 'not ready yet' },
};

const INTERNAL: ClientStatus = { code: status.INTERNAL, details: 'internal error' };

/** UNAVAILABLE alone makes every SPIFFE client and Envoy come back. */
export const STOPPING: ClientStatus = { code: status.UNAVAILABLE, details: 'server is stopping' };

/** The listener runs as many calls as it may; UNAVAILABLE, so that the client comes back. */
export const BUSY: ClientStatus = { code: status.UNAVAILABLE, details: 'too many calls' };

/** The status of any error; its message and cause stay here. */
export function statusOf(error: unknown): ClientStatus {
  const table: Readonly<Partial<Record<ErrorCode, ClientStatus>>> = STATUS_OF;
  return table[errorCodeOf(error)] ?? INTERNAL;
}
