import type { Certificate } from './certificate.ts';
import {
  bitString,
  boolean,
  context,
  contextPrimitive,
  type DerValue,
  encoded,
  namedBits,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  time,
  toDer,
  unsignedInteger,
  utf8String,
} from './der-write.ts';
import { type BasicConstraints, type Extension, KEY_USAGES, type KeyUsage } from './extensions.ts';
import { OID } from './oids.ts';
import {
  isSignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from './signature-algorithm.ts';

/** What stands in the signed part of a certificate of version 3. */
export interface TbsFields {
  /** Lower-case hex. */
  readonly serial: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly issuerDer: Uint8Array;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  readonly subjectDer: Uint8Array;
  readonly publicKeyDer: Uint8Array;
  readonly extensions: readonly Extension[];
}

export function encodeTbsCertificate(fields: TbsFields): Uint8Array {
  return toDer(
    sequence([
      context(0, [unsignedInteger(Uint8Array.of(2))]),
      unsignedInteger(bytesOfHex(fields.serial)),
      encoded(algorithmDer(fields.signatureAlgorithm)),
      encoded(fields.issuerDer),
      sequence([time(fields.notBeforeSeconds), time(fields.notAfterSeconds)]),
      encoded(fields.subjectDer),
      encoded(fields.publicKeyDer),
      ...(fields.extensions.length === 0 ? [] : [context(3, [extensionList(fields.extensions)])]),
    ]),
  );
}

/** Signed part, algorithm and signature in one: a certificate, or a certification request. */
export function encodeSigned(
  signedPart: Uint8Array,
  algorithm: SignatureAlgorithm,
  signature: Uint8Array,
): Uint8Array {
  return toDer(sequence([encoded(signedPart), encoded(algorithmDer(algorithm)), bitString(signature)]));
}

/**
 * Whether a certificate is made of nothing but its fields: those that were read, written again, are the very
 * bytes that they were read from.
 */
export function writesTheSame(certificate: Certificate): boolean {
  const { signatureAlgorithm, version } = certificate;
  if (version !== 3 || !isSignatureAlgorithm(signatureAlgorithm)) {
    return false;
  }
  const again = encodeSigned(
    encodeTbsCertificate({
      ...certificate,
      signatureAlgorithm,
      issuerDer: certificate.issuer.der,
      subjectDer: certificate.subject.der,
      extensions: certificate.extensions.all,
    }),
    signatureAlgorithm,
    certificate.signature,
  );
  return Buffer.compare(again, certificate.der) === 0;
}

/** The part of a certification request (RFC 2986) that its maker signs. */
export function encodeRequestInfo(
  subjectDer: Uint8Array,
  publicKeyDer: Uint8Array,
  extensions: readonly Extension[],
): Uint8Array {
  const attributes =
    extensions.length === 0 ? [] : [sequence([oid(OID.extensionRequest), set([extensionList(extensions)])])];
  return toDer(
    sequence([
      unsignedInteger(Uint8Array.of(0)),
      encoded(subjectDer),
      encoded(publicKeyDer),
      context(0, attributes),
    ]),
  );
}

/** A name of one attribute each, in this order; an empty list is the empty name. */
export function encodeName(
  attributes: readonly {
    readonly oid: string;
    readonly text: string;
    readonly printable?: boolean;
  }[],
): Uint8Array {
  return toDer(
    sequence(
      attributes.map((attribute) =>
        set([
          sequence([
            oid(attribute.oid),
            attribute.printable === true ? printableString(attribute.text) : utf8String(attribute.text),
          ]),
        ]),
      ),
    ),
  );
}

export const encodeExtension = {
  basicConstraints(value: BasicConstraints): Extension {
    const flag = value.cA ? [boolean(true)] : [];
    const length = value.pathLength === undefined ? [] : [unsignedInteger(Uint8Array.of(value.pathLength))];
    return extension(OID.basicConstraints, true, sequence([...flag, ...length]));
  },
  keyUsage(usages: readonly KeyUsage[]): Extension {
    return extension(OID.keyUsage, true, namedBits(usages.map((usage) => KEY_USAGES.indexOf(usage))));
  },
  extKeyUsage(purposes: readonly string[]): Extension {
    return extension(OID.extKeyUsage, false, sequence(purposes.map(oid)));
  },
  alternativeNames(names: {
    readonly uris: readonly string[];
    readonly dnsNames: readonly string[];
    readonly critical: boolean;
  }): Extension {
    return extension(
      OID.subjectAltName,
      names.critical,
      sequence([
        ...names.uris.map((uri) => contextPrimitive(6, Buffer.from(uri, 'latin1'))),
        ...names.dnsNames.map((name) => contextPrimitive(2, Buffer.from(name, 'latin1'))),
      ]),
    );
  },
  subjectKeyId(hex: string): Extension {
    return extension(OID.subjectKeyIdentifier, false, octetString(bytesOfHex(hex)));
  },
  authorityKeyId(hex: string): Extension {
    return extension(OID.authorityKeyIdentifier, false, sequence([contextPrimitive(0, bytesOfHex(hex))]));
  },
};

function extension(id: string, critical: boolean, value: DerValue): Extension {
  return { oid: id, critical, value: toDer(value) };
}

function extensionList(extensions: readonly Extension[]): DerValue {
  return sequence(extensions.map((item) => WRITTEN.get(item) ?? extensionValue(item)));
}

/** The same extensions, to be written once and not for each certificate that they stand in. */
export function writtenOnce(extensions: readonly Extension[]): readonly Extension[] {
  for (const item of extensions) {
    WRITTEN.set(item, encoded(toDer(extensionValue(item))));
  }
  return extensions;
}

const WRITTEN = new WeakMap<Extension, DerValue>();

function extensionValue(item: Extension): DerValue {
  const critical = item.critical ? [boolean(true)] : [];
  return sequence([oid(item.oid), ...critical, octetString(item.value)]);
}

export function algorithmDer(algorithm: SignatureAlgorithm): Uint8Array {
  let der = ALGORITHMS.get(algorithm);
  if (der === undefined) {
    der = bytesOfHex(SIGNATURE_ALGORITHMS[algorithm].der);
    ALGORITHMS.set(algorithm, der);
  }
  return der;
}

const ALGORITHMS = new Map<SignatureAlgorithm, Uint8Array>();

export function bytesOfHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}
