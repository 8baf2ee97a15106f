import { type Random, SallyportError } from '../base/index.ts';
import { issueLeaf } from '../ca/index.ts';
import { spiffeIdOf, type TrustDomain } from '../identity/index.ts';
import { type Certificate, verifySvid } from '../x509/index.ts';
import type { UpstreamMaterial } from './upstream.ts';

/** What was found good, with the root that the signing certificate hangs on. */
export interface CheckedUpstream extends UpstreamMaterial {
  readonly root: Certificate;
}

export interface CheckUpstreamInput {
  readonly trustDomain: TrustDomain;
  readonly nowSeconds: number;
  readonly random: Random;
  /** Where the material is from, for messages. */
  readonly name: string;
}

const THROW_AWAY_PATH = '/sallyport/throw-away';
const THROW_AWAY_TTL_SECONDS = 60;

/**
 * Lets a CA issue a leaf that nobody gets, and verifies it as a peer would: chain, dates, key and the rules for
 * authorities of our trust domain all have to fit. Rejects with `ERR_ISSUER_UPSTREAM`.
 */
export async function checkUpstream(
  material: UpstreamMaterial,
  { trustDomain, nowSeconds, random, name }: CheckUpstreamInput,
): Promise<CheckedUpstream> {
  const { certificate, sign, above, roots } = material;
  try {
    const leaf = await issueLeaf(
      {
        spiffeId: spiffeIdOf(trustDomain, THROW_AWAY_PATH),
        dnsNames: [],
        // Any key that is known to be one serves; nobody will ever use this certificate.
        publicKeyDer: certificate.publicKeyDer,
        nowSeconds,
        ttlSeconds: THROW_AWAY_TTL_SECONDS,
        backdateSeconds: 0,
      },
      { certificate, sign },
      random,
    );
    const bundle = {
      trustDomain,
      x509Authorities: roots.map(({ der }) => der),
      jwtAuthorities: [],
      sequence: 1,
      refreshHintSeconds: 60,
    };
    const { path } = verifySvid(
      [leaf, certificate, ...above].map(({ der }) => der),
      bundle,
      nowSeconds,
    );
    const root = path[path.length - 1];
    if (root !== undefined) {
      return { ...material, root };
    }
  } catch (cause) {
    throw refusal(name, cause);
  }
  throw refusal(name, undefined);
}

function refusal(name: string, cause: unknown): SallyportError {
  const why = cause instanceof SallyportError ? `: ${cause.message}${reasonOf(cause)}` : '';
  return new SallyportError('ERR_ISSUER_UPSTREAM', `the CA of \`${name}\` cannot issue identities${why}`, {
    hint: 'its certificate must be a CA in force whose chain leads to one of the roots beside it',
    cause,
  });
}

function reasonOf({ cause }: SallyportError): string {
  return cause instanceof SallyportError ? ` (${cause.message})` : '';
}
