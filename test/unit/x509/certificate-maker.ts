import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { parseTrustDomain, type TrustBundle } from '../../../src/identity/index.ts';
import {
  type Certificate,
  type DistinguishedName,
  type Extension,
  encodeExtension,
  encodeName,
  encodeSigned,
  encodeTbsCertificate,
  OID,
  readCertificate,
} from '../../../src/x509/index.ts';

export const NOW = 1_800_000_000;
export const LEAF_ID = 'spiffe://example.org/ns/web/sa/frontend';

export interface Made {
  readonly der: Uint8Array;
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

export interface Change {
  readonly extensions?: readonly Extension[];
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly subject?: string;
  /** Overrides the name that the issuer is given by. */
  readonly issuer?: Pick<DistinguishedName, 'der'>;
  readonly serial?: string;
  readonly key?: KeyObject;
}

let counter = 0;

/** A certificate of any shape, signed by `issuer` or, without one, by itself. */
export function make(subject: string, issuer: Made | undefined, change: Change): Made {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subjectDer =
    (change.subject ?? subject) === ''
      ? encodeName([])
      : encodeName([{ oid: '2.5.4.3', text: change.subject ?? subject }]);
  counter += 1;
  const tbs = encodeTbsCertificate({
    serial: change.serial ?? (0xa000 + counter).toString(16),
    signatureAlgorithm: 'ecdsa-with-SHA256',
    issuerDer: change.issuer?.der ?? issuer?.certificate.subject.der ?? subjectDer,
    notBeforeSeconds: change.notBefore ?? NOW - 10,
    notAfterSeconds: change.notAfter ?? NOW + 3600,
    subjectDer,
    publicKeyDer: new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' })),
    extensions: change.extensions ?? [],
  });
  const signature = new Uint8Array(sign('sha256', tbs, change.key ?? issuer?.key ?? pair.privateKey));
  const der = encodeSigned(tbs, 'ecdsa-with-SHA256', signature);
  return { der, certificate: readCertificate(der), key: pair.privateKey };
}

export const CA_EXTENSIONS: readonly Extension[] = [
  encodeExtension.basicConstraints({ cA: true, pathLength: undefined }),
  encodeExtension.keyUsage(['keyCertSign', 'cRLSign']),
  encodeExtension.alternativeNames({ uris: ['spiffe://example.org'], dnsNames: [], critical: false }),
];

export const LEAF_EXTENSIONS: readonly Extension[] = [
  encodeExtension.basicConstraints({ cA: false, pathLength: undefined }),
  encodeExtension.keyUsage(['digitalSignature']),
  encodeExtension.extKeyUsage([OID.serverAuth, OID.clientAuth]),
  encodeExtension.alternativeNames({ uris: [LEAF_ID], dnsNames: [], critical: true }),
];

/** The list with those of the same kind replaced, or added. */
export function replaced(list: readonly Extension[], ...others: readonly Extension[]): readonly Extension[] {
  const oids = new Set(others.map((extension) => extension.oid));
  return [...list.filter((extension) => !oids.has(extension.oid)), ...others];
}

export function without(list: readonly Extension[], oid: string): readonly Extension[] {
  return list.filter((extension) => extension.oid !== oid);
}

export function bundleOf(trustDomain: string, ...roots: readonly Made[]): TrustBundle {
  return {
    trustDomain: parseTrustDomain(trustDomain),
    x509Authorities: roots.map((root) => root.der),
    jwtAuthorities: [],
    sequence: 1,
    refreshHintSeconds: 60,
  };
}
