import { type Random, randomHex } from '../base/index.ts';
import { type SpiffeId, spiffeIdOf, type TrustDomain } from '../identity/index.ts';
import { type Certificate, encodeName, keyIdOf } from '../x509/index.ts';

/** Everything a certificate is to say. Only `checkTemplate` makes one that can be signed. */
export interface CertificateTemplate {
  readonly profile: 'root' | 'intermediate' | 'leaf';
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly subjectDer: Uint8Array;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  readonly publicKeyDer: Uint8Array;
  /** Of a CA: the ID of its trust domain, without a path. */
  readonly spiffeId: SpiffeId;
  readonly dnsNames: readonly string[];
  readonly subjectKeyId: string;
  readonly authorityKeyId: string;
}

/** When a certificate is to be valid, counted from now. */
export interface Validity {
  readonly nowSeconds: number;
  readonly ttlSeconds: number;
  /** How far before now validity begins, for verifiers whose clock is slow. */
  readonly backdateSeconds: number;
}

export interface AuthorityWish extends Validity {
  readonly trustDomain: TrustDomain;
  readonly publicKeyDer: Uint8Array;
}

export interface LeafWish extends Validity {
  readonly spiffeId: SpiffeId;
  readonly dnsNames: readonly string[];
  readonly publicKeyDer: Uint8Array;
}

/** A self-signed CA. */
export function rootTemplate(wish: AuthorityWish, random: Random): CertificateTemplate {
  const keyId = keyIdOf(wish.publicKeyDer);
  return {
    ...authorityTemplate('root', wish, random),
    ...validityOf(wish, undefined),
    subjectKeyId: keyId,
    authorityKeyId: keyId,
  };
}

/** A CA under `issuer` that signs leaves only; it ends no later than `issuer`. */
export function intermediateTemplate(
  wish: AuthorityWish,
  issuer: Certificate,
  random: Random,
): CertificateTemplate {
  return {
    ...authorityTemplate('intermediate', wish, random),
    ...validityOf(wish, issuer),
    subjectKeyId: keyIdOf(wish.publicKeyDer),
    authorityKeyId: authorityKeyIdOf(issuer),
  };
}

/** An X.509-SVID under `issuer`, with an empty subject; it ends no later than `issuer`. */
export function leafTemplate(wish: LeafWish, issuer: Certificate, random: Random): CertificateTemplate {
  return {
    profile: 'leaf',
    serial: newSerial(random),
    subjectDer: EMPTY_NAME,
    publicKeyDer: wish.publicKeyDer,
    spiffeId: wish.spiffeId,
    dnsNames: wish.dnsNames,
    ...validityOf(wish, issuer),
    subjectKeyId: keyIdOf(wish.publicKeyDer),
    authorityKeyId: authorityKeyIdOf(issuer),
  };
}

/** The key id by which certificates point to `issuer`: the one it has itself, if any. */
export function authorityKeyIdOf(issuer: Certificate): string {
  return issuer.extensions.subjectKeyId ?? keyIdOf(issuer.publicKeyDer);
}

const EMPTY_NAME = encodeName([]);
const SERIAL_BYTES = 16;
const COMMON_NAME_CHARS_MAX = 64;
const ATTRIBUTE = { commonName: '2.5.4.3', serialNumber: '2.5.4.5', organization: '2.5.4.10' } as const;

/** Names are unique by their serial number, so that an old CA and its successor are never confused. */
function authorityTemplate(
  profile: 'root' | 'intermediate',
  wish: AuthorityWish,
  random: Random,
): Omit<CertificateTemplate, 'subjectKeyId' | 'authorityKeyId' | 'notBeforeSeconds' | 'notAfterSeconds'> {
  const serial = newSerial(random);
  const longName = `${wish.trustDomain} ${profile}`;
  return {
    profile,
    serial,
    subjectDer: encodeName([
      { oid: ATTRIBUTE.organization, text: 'Sallyport' },
      { oid: ATTRIBUTE.commonName, text: longName.length > COMMON_NAME_CHARS_MAX ? profile : longName },
      { oid: ATTRIBUTE.serialNumber, text: serial, printable: true },
    ]),
    publicKeyDer: wish.publicKeyDer,
    spiffeId: spiffeIdOf(wish.trustDomain, ''),
    dnsNames: [],
  };
}

function validityOf(
  { nowSeconds, ttlSeconds, backdateSeconds }: Validity,
  issuer: Certificate | undefined,
): Pick<CertificateTemplate, 'notBeforeSeconds' | 'notAfterSeconds'> {
  return {
    notBeforeSeconds: Math.floor(nowSeconds - backdateSeconds),
    notAfterSeconds: Math.min(
      Math.floor(nowSeconds + ttlSeconds),
      issuer?.notAfterSeconds ?? Number.POSITIVE_INFINITY,
    ),
  };
}

/** 1 to 2^128 - 1. */
function newSerial(random: Random): string {
  for (;;) {
    const serial = randomHex(random, SERIAL_BYTES).replace(/^0+/, '');
    if (serial !== '') {
      return serial;
    }
  }
}
