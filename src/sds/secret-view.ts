import type { TrustBundle } from '../identity/index.ts';
import type { CrlSet, X509Svid } from '../issuer/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';
import type { Resource, ResourceView } from '../xds/index.ts';
import type { SecretCache } from './secret-cache.ts';
import type { Validator } from './sources.ts';
import type { Wish, Wishes } from './wish.ts';

export interface SecretViewOptions {
  readonly wishes: Wishes;
  /** Undefined while it is being issued. */
  readonly svidOf: (entry: RegistrationEntry) => X509Svid | undefined;
  readonly bundle: TrustBundle;
  readonly validator: Validator;
  readonly crls: CrlSet | undefined;
  readonly cache: SecretCache;
}

/** The secrets one caller may have, by the names it may use. */
export function secretView(options: SecretViewOptions): ResourceView {
  const { wishes, svidOf, bundle, validator, crls, cache } = options;

  function made(name: string, wish: Wish): Resource | 'pending' {
    if (wish.kind === 'bundle') {
      // An empty list of CAs would make Envoy trust nobody, or everybody when it is read as "not set".
      if (bundle.x509Authorities.length === 0) {
        return 'pending';
      }
      if (validator !== 'crl') {
        return cache.bundle(name, bundle, validator);
      }
      // Trust without the lists that were asked for would believe revoked certificates.
      return crls === undefined || crls.lists.length === 0
        ? 'pending'
        : cache.bundleWithCrls(name, bundle, crls);
    }
    if (wish.kind === 'generic') {
      return cache.generic(name, wish.secret);
    }
    const svid = svidOf(wish.entry);
    return svid === undefined ? 'pending' : cache.svid(name, svid);
  }

  return {
    get(name) {
      const wish = wishes.of(name);
      return wish === undefined ? undefined : made(name, wish);
    },
    all: () =>
      [...wishes.all()].flatMap(([name, wish]) => {
        const resource = made(name, wish);
        return resource === 'pending' ? [] : [resource];
      }),
  };
}
