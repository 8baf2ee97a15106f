import type { CaOptions } from '../ca/index.ts';
import type { TrustBundle, TrustDomain } from '../identity/index.ts';
import type { AuthorityJournal } from './authority-journal.ts';
import { type JwtKeys, jwtAuthorityOf } from './jwt-keys.ts';

export interface BundleScope {
  readonly journal: AuthorityJournal;
  readonly trustDomain: TrustDomain;
  readonly options: CaOptions;
}

const REFRESH_HINT_SECONDS_MIN = 60;

/** The bundle of these roots (DER) and JWT keys; its number grows when its content differs from the last. */
export function assembleBundle(
  { journal, trustDomain, options }: BundleScope,
  x509Authorities: readonly Uint8Array[],
  published: JwtKeys['published'],
): TrustBundle {
  return {
    trustDomain,
    x509Authorities,
    jwtAuthorities: published.map(jwtAuthorityOf),
    sequence: journal.bundleSequence([
      ...x509Authorities,
      ...published.map(({ publicKeyDer }) => publicKeyDer),
    ]),
    refreshHintSeconds: Math.max(REFRESH_HINT_SECONDS_MIN, Math.floor(options.caTtl.seconds / 10)),
  };
}
