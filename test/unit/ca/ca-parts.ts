import { createIntermediate, createRoot, type NewAuthorityWish, newKeyPair } from '../../../src/ca/index.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { seededRandom } from '../../fakes/random.ts';

export const NOW = 1_800_000_000;
export const TRUST_DOMAIN = parseTrustDomain('example.org');
export const FRONTEND = parseSpiffeId('spiffe://example.org/ns/web/sa/frontend');

export const WISH: NewAuthorityWish = {
  trustDomain: TRUST_DOMAIN,
  keyType: 'ec-p256',
  nowSeconds: NOW,
  ttlSeconds: 86_400,
  backdateSeconds: 10,
};

export const random = seededRandom(7);
export const root = await createRoot(WISH, random);
export const intermediate = await createIntermediate({ ...WISH, ttlSeconds: 3600 }, root, random);
export const leafKey = await newKeyPair('ec-p256');

export const LEAF_WISH = {
  spiffeId: FRONTEND,
  dnsNames: ['frontend.example.org'],
  publicKeyDer: leafKey.publicKeyDer,
  nowSeconds: NOW,
  ttlSeconds: 600,
  backdateSeconds: 10,
};
