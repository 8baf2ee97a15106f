import type { PeerTrust } from '../authz/index.ts';
import { LIMITS } from '../base/index.ts';
import type { SallyportIssuer } from '../issuer/index.ts';
import { type Certificate, verifySvid } from '../x509/index.ts';

/** What a leaf is judged by: the roots that are published, and the intermediates under them. */
export type PeerAuthorities = Pick<SallyportIssuer, 'bundle' | 'intermediates'>;

interface Trusted {
  readonly bundle: ReturnType<PeerAuthorities['bundle']>;
  readonly intermediates: readonly Certificate[];
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

/**
 * A leaf that Envoy shows is believed when it keeps the rules for an SVID and a path leads from it, over one of
 * our intermediates, to a root that is published now: Envoy may have been told to accept any certificate, and
 * it lets a connection live on past the end of its certificate. A path once found is kept until the
 * authorities change or one of its certificates ends.
 */
export function createPeerTrust(authorities: PeerAuthorities): PeerTrust {
  const known = new WeakMap<Certificate, Trusted>();
  return {
    isTrusted(leaf, nowSeconds) {
      const found = known.get(leaf);
      if (
        found !== undefined &&
        found.bundle === authorities.bundle() &&
        found.intermediates === authorities.intermediates() &&
        nowSeconds >= found.fromSeconds &&
        nowSeconds < found.untilSeconds
      ) {
        return true;
      }
      const trusted = trustedPath(leaf, authorities, nowSeconds);
      if (trusted === undefined) {
        return false;
      }
      known.set(leaf, trusted);
      return nowSeconds < trusted.untilSeconds;
    },
  };
}

function trustedPath(
  leaf: Certificate,
  authorities: PeerAuthorities,
  nowSeconds: number,
): Trusted | undefined {
  const bundle = authorities.bundle();
  const intermediates = authorities.intermediates();
  const issuers = above(leaf, intermediates);
  try {
    const { path } = verifySvid(
      [leaf, ...issuers].map(({ der }) => der),
      bundle,
      nowSeconds,
    );
    return {
      bundle,
      intermediates,
      fromSeconds: Math.max(...path.map(({ notBeforeSeconds }) => notBeforeSeconds)),
      untilSeconds: Math.min(...path.map(({ notAfterSeconds }) => notAfterSeconds)),
    };
  } catch {
    return undefined;
  }
}

/** The intermediates that a way up from `leaf` may lead over; a few out of many. */
function above(leaf: Certificate, intermediates: readonly Certificate[]): readonly Certificate[] {
  const found = new Set<Certificate>();
  let level: readonly Certificate[] = [leaf];
  while (level.length > 0 && found.size < LIMITS.chainCertificates - 1) {
    const wanted = new Set(level.flatMap(({ extensions }) => extensions.authorityKeyId ?? []));
    level = intermediates.filter(
      (one) => !found.has(one) && wanted.has(one.extensions.subjectKeyId ?? '') && one !== leaf,
    );
    for (const one of level) {
      found.add(one);
    }
  }
  return [...found].slice(0, LIMITS.chainCertificates - 1);
}
