import { type SpiffeId, spiffeIdOf } from './spiffe-id.ts';
import type { TrustDomain } from './trust-domain.ts';

/** A Kubernetes service account, as Istio writes it into a SPIFFE ID: `/ns/<namespace>/sa/<name>`. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** The service account of an ID of exactly the form `/ns/<namespace>/sa/<name>`, otherwise undefined. */
export function serviceAccountOf(id: SpiffeId): ServiceAccount | undefined {
  const match = /^\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(id.path);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { namespace: match[1], name: match[2] };
}

export function spiffeIdOfServiceAccount(trustDomain: TrustDomain, account: ServiceAccount): SpiffeId {
  return spiffeIdOf(trustDomain, `/ns/${account.namespace}/sa/${account.name}`);
}
