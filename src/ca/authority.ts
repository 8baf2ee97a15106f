import { type Random, SallyportError } from '../base/index.ts';
import type { Certificate } from '../x509/index.ts';
import { checkTemplate } from './check.ts';
import { issue } from './issue.ts';
import { type KeyPair, newKeyPair } from './key-pair.ts';
import type { CaKeyType } from './options.ts';
import { type Sign, signerOf } from './signer.ts';
import {
  type AuthorityWish,
  intermediateTemplate,
  type LeafWish,
  leafTemplate,
  rootTemplate,
} from './template.ts';

/** A CA that can sign. */
export interface SigningAuthority {
  readonly certificate: Certificate;
  readonly sign: Sign;
}

/** A CA just made, with the key that has to be kept. */
export interface NewAuthority extends SigningAuthority {
  readonly keyPair: KeyPair;
}

export type NewAuthorityWish = Omit<AuthorityWish, 'publicKeyDer'> & { readonly keyType: CaKeyType };

/** Makes a key and a root certificate that it signs itself. */
export async function createRoot(wish: NewAuthorityWish, random: Random): Promise<NewAuthority> {
  const keyPair = await newKeyPair(wish.keyType);
  const sign = signerOf(keyPair.privateKeyDer);
  const template = rootTemplate({ ...wish, publicKeyDer: keyPair.publicKeyDer }, random);
  return { certificate: await issue(checkTemplate(template, undefined), sign), sign, keyPair };
}

/** Makes a key and an intermediate certificate for it under `root`. */
export async function createIntermediate(
  wish: NewAuthorityWish,
  root: SigningAuthority,
  random: Random,
): Promise<NewAuthority> {
  const keyPair = await newKeyPair(wish.keyType);
  const template = intermediateTemplate(
    { ...wish, publicKeyDer: keyPair.publicKeyDer },
    root.certificate,
    random,
  );
  const certificate = await issue(checkTemplate(template, root.certificate), root.sign);
  return { certificate, sign: signerOf(keyPair.privateKeyDer), keyPair };
}

/**
 * Issues an X.509-SVID under `authority`; it ends early when the authority does (compare
 * `notAfterSeconds`). Throws `ERR_CA_EXPIRED` when the authority is past its end already.
 */
export async function issueLeaf(
  wish: LeafWish,
  authority: SigningAuthority,
  random: Random,
): Promise<Certificate> {
  if (wish.nowSeconds >= authority.certificate.notAfterSeconds) {
    throw new SallyportError('ERR_CA_EXPIRED', 'the CA that should sign is past its end');
  }
  const template = leafTemplate(wish, authority.certificate, random);
  return issue(checkTemplate(template, authority.certificate), authority.sign);
}
