import type { TrustBundle } from '../identity/index.ts';
import type { CrlSet, X509Svid } from '../issuer/index.ts';
import { type Definitions, packSecret, packSpiffeValidator, type Secret } from '../proto/index.ts';
import { contentVersion, type Resource } from '../xds/index.ts';
import type { GenericSecret } from './generic-secrets.ts';
import { certificatesPem, privateKeyPem, revocationListsPem } from './pem.ts';
import type { Validator } from './sources.ts';

const SPIFFE_VALIDATOR = 'envoy.tls.cert_validator.spiffe';

/** A TlsCertificate: the chain without its root, and the key. */
export function svidSecret(definitions: Definitions, name: string, svid: X509Svid): Resource {
  return resourceOf(definitions, {
    name,
    tls_certificate: {
      certificate_chain: { inline_bytes: certificatesPem(svid.certificates) },
      private_key: { inline_bytes: privateKeyPem(svid.privateKey) },
    },
  });
}

/**
 * A CertificateValidationContext. Which names a peer may have is never pushed: that stays in Envoy's own
 * configuration.
 */
export function bundleSecret(
  definitions: Definitions,
  name: string,
  bundle: TrustBundle,
  validator: Exclude<Validator, 'crl'>,
): Resource {
  const roots = { inline_bytes: certificatesPem(bundle.x509Authorities) };
  const spiffe = (): Secret => ({
    name,
    validation_context: {
      custom_validator_config: {
        name: SPIFFE_VALIDATOR,
        typed_config: packSpiffeValidator(definitions, {
          trust_domains: [{ name: bundle.trustDomain, trust_bundle: roots }],
        }),
      },
    },
  });
  return resourceOf(
    definitions,
    validator === 'spiffe' ? spiffe() : { name, validation_context: { trusted_ca: roots } },
  );
}

/**
 * Roots with revocation lists. Lists of the CAs that sign leaves are all there is: no intermediate is ever revoked
 * while its root is trusted, so Envoy is told to look at leaves alone.
 */
export function crlBundleSecret(
  definitions: Definitions,
  name: string,
  bundle: TrustBundle,
  { lists }: CrlSet,
): Resource {
  return resourceOf(definitions, {
    name,
    validation_context: {
      trusted_ca: { inline_bytes: certificatesPem(bundle.x509Authorities) },
      crl: { inline_bytes: revocationListsPem(lists) },
      only_verify_leaf_cert_crl: true,
    },
  });
}

export function genericSecret(definitions: Definitions, name: string, { content }: GenericSecret): Resource {
  return resourceOf(definitions, { name, generic_secret: { secret: { inline_bytes: content } } });
}

function resourceOf(definitions: Definitions, secret: Secret): Resource {
  const body = packSecret(definitions, secret);
  return { name: secret.name, version: contentVersion(body.value), body };
}
