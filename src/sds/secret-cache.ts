import type { TrustBundle } from '../identity/index.ts';
import type { CrlSet, X509Svid } from '../issuer/index.ts';
import type { Definitions } from '../proto/index.ts';
import type { Resource } from '../xds/index.ts';
import type { GenericSecret } from './generic-secrets.ts';
import { bundleSecret, crlBundleSecret, genericSecret, svidSecret } from './secret.ts';
import type { Validator } from './sources.ts';

/** Encoded secrets, made once for all streams and forgotten with what they are made of. */
export interface SecretCache {
  svid(name: string, svid: X509Svid): Resource;
  bundle(name: string, bundle: TrustBundle, validator: Exclude<Validator, 'crl'>): Resource;
  generic(name: string, secret: GenericSecret): Resource;
  bundleWithCrls(name: string, bundle: TrustBundle, crls: CrlSet): Resource;
}

export function createSecretCache(definitions: Definitions): SecretCache {
  const bySvid = new WeakMap<X509Svid, Map<string, Resource>>();
  const byBundle = new WeakMap<TrustBundle, Map<string, Resource>>();
  const bySecret = new WeakMap<GenericSecret, Map<string, Resource>>();
  const byCrls = new WeakMap<CrlSet, Map<string, Resource>>();
  return {
    svid: (name, svid) => remember(bySvid, svid, name, () => svidSecret(definitions, name, svid)),
    bundle: (name, bundle, validator) =>
      remember(byBundle, bundle, `${validator} ${name}`, () =>
        bundleSecret(definitions, name, bundle, validator),
      ),
    generic: (name, secret) =>
      remember(bySecret, secret, name, () => genericSecret(definitions, name, secret)),
    bundleWithCrls: (name, bundle, crls) =>
      remember(byCrls, crls, `${bundle.sequence} ${name}`, () =>
        crlBundleSecret(definitions, name, bundle, crls),
      ),
  };
}

/**
 * Only names that stand for something get here, but clients choose those that a wildcard stands for, so no more than
 * this many are kept.
 */
const NAMES_MAX = 1000;

function remember<K extends object>(
  cache: WeakMap<K, Map<string, Resource>>,
  source: K,
  key: string,
  make: () => Resource,
): Resource {
  let made = cache.get(source);
  if (made === undefined) {
    made = new Map();
    cache.set(source, made);
  }
  let resource = made.get(key);
  if (resource === undefined) {
    if (made.size >= NAMES_MAX) {
      made.clear();
    }
    resource = make();
    made.set(key, resource);
  }
  return resource;
}
