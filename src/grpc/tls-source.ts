import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { SallyportError } from '../base/index.ts';

/** The certificate, key and trust of a listener as they are now. */
export interface TlsMaterial {
  /** PEM, leaf first. */
  readonly certificateChainPem: string;
  /** PEM. Never logged. */
  readonly privateKeyPem: string;
  /** PEM, at least one certificate. */
  readonly trustedCaPem: string;
}

/** Hands out material that is renewed while the listener runs. */
export interface TlsSource {
  current(): TlsMaterial;
  /** Calls `listener` after `current()` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/**
 * The part of the server's TLS settings that a renewal replaces. Session tickets are off: a resumed session
 * would skip the look at the client's certificate. Throws `ERR_GRPC_TLS_MATERIAL` when there is no trust,
 * because Node then silently trusts every public CA.
 */
export function secureContextOf(material: TlsMaterial): SecureContextOptions {
  if (!material.trustedCaPem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SallyportError('ERR_GRPC_TLS_MATERIAL', 'a listener with mutual TLS has no CA to trust');
  }
  return {
    cert: material.certificateChainPem,
    key: material.privateKeyPem,
    ca: material.trustedCaPem,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
