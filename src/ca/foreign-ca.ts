import type { Random } from '../base/index.ts';
import type { SpiffeId, TrustBundle, TrustDomain } from '../identity/index.ts';
import { createIntermediate, createRoot, issueLeaf } from './authority.ts';
import { type KeyPair, newKeyPair } from './key-pair.ts';

/** A CA that nobody trusts, in memory only; for showing that its certificates are refused. */
export interface ForeignCa {
  /** What would have to be trusted for its certificates to be accepted. */
  readonly bundle: TrustBundle;
  /** A leaf that is right in every way but for who signed it. */
  svid(spiffeId: SpiffeId): Promise<ForeignSvid>;
}

export interface ForeignSvid {
  /** DER, leaf first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** PKCS #8 DER. */
  readonly privateKey: KeyPair['privateKeyDer'];
}

const TTL_SECONDS = 24 * 60 * 60;

/** Makes a root and an intermediate that name `trustDomain` as theirs, as an impostor would. */
export async function createForeignCa(
  trustDomain: TrustDomain,
  nowSeconds: number,
  random: Random,
): Promise<ForeignCa> {
  const validity = { nowSeconds, ttlSeconds: TTL_SECONDS, backdateSeconds: 10 };
  const wish = { ...validity, trustDomain, keyType: 'ec-p256' } as const;
  const root = await createRoot(wish, random);
  const intermediate = await createIntermediate(wish, root, random);
  return {
    bundle: {
      trustDomain,
      x509Authorities: [root.certificate.der],
      jwtAuthorities: [],
      sequence: 1,
      refreshHintSeconds: 300,
    },
    async svid(spiffeId) {
      const { publicKeyDer, privateKeyDer } = await newKeyPair('ec-p256');
      const leaf = await issueLeaf(
        { ...validity, spiffeId, dnsNames: [], publicKeyDer },
        intermediate,
        random,
      );
      return { certificates: [leaf.der, intermediate.certificate.der], privateKey: privateKeyDer };
    },
  };
}
