import { parseTrustDomain, type SpiffeId, spiffeIdOfServiceAccount } from '../identity/index.ts';

export const TRUST_DOMAIN = parseTrustDomain('example.org');

/** The `iss` of good tokens; nobody resolves it. */
export const TOKEN_ISSUER = 'https://id.example.org';

/** Who is who in the lab, as `examples/lab/entries` says it. */
export const IDENTITIES = {
  edge: identity('edge', 'edge'),
  frontend: identity('web', 'frontend'),
  /** Behind the socket of `frontend`, with certificates of a few seconds. */
  courier: identity('web', 'courier'),
  intruder: identity('web', 'intruder'),
  orders: identity('shop', 'orders'),
  /** Behind the socket of `orders`. */
  ledger: identity('shop', 'ledger'),
} as const satisfies Readonly<Record<string, SpiffeId>>;

function identity(namespace: string, name: string): SpiffeId {
  return spiffeIdOfServiceAccount(TRUST_DOMAIN, { namespace, name });
}
