import { type Clock, LIMITS, type Random, SallyportError } from '../base/index.ts';
import { type CaOptions, issueLeaf, newKeyPair, type SigningAuthority } from '../ca/index.ts';
import type { SpiffeId } from '../identity/index.ts';
import { type Certificate, readCsr, readPublicKey } from '../x509/index.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import type { SvidRequest } from './issuer-types.ts';

export interface MintRequest extends SvidRequest {
  /** The key that the certificate is for: a SubjectPublicKeyInfo, or a CSR; without either a new one. */
  readonly publicKeyDer?: Uint8Array;
  readonly csrDer?: Uint8Array;
}

/** A certificate made on demand, kept nowhere. */
export interface MintedX509 {
  readonly spiffeId: SpiffeId;
  /** DER, leaf first, without the root. */
  readonly certificates: readonly Uint8Array[];
  /** PKCS #8 DER when the key was made here. Never logged. */
  readonly privateKey: Uint8Array | undefined;
  /** Key id of the CA that signed it. */
  readonly issuerKeyId: string;
  readonly serial: string;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
}

export interface MintInput {
  readonly authority: SigningAuthority;
  /** What stands between the leaf and the root, DER, lowest first. */
  readonly chain: readonly Uint8Array[];
  readonly options: CaOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: IssuerEventSink;
}

/**
 * Issues one X.509-SVID under `authority`, with a new key unless the request brings one. It ends early when
 * the authority does, and says so. Throws `ERR_ISSUER_*`, `ERR_CA_*`, `ERR_X509_*`.
 */
export async function mint(request: MintRequest, input: MintInput): Promise<MintedX509> {
  const { authority, chain, options, clock, random } = input;
  const ttlSeconds = request.ttlSeconds ?? options.svidTtl.seconds;
  if (!(ttlSeconds >= 1 && ttlSeconds <= LIMITS.svidTtlSeconds)) {
    throw new SallyportError(
      'ERR_ISSUER_TTL',
      'the TTL of a certificate is not between a second and ten years',
    );
  }
  const given = givenKey(request);
  const keyPair = given === undefined ? await newKeyPair(options.keyType) : undefined;
  const nowSeconds = clock.nowMillis() / 1000;
  const leaf = await issueLeaf(
    {
      spiffeId: request.spiffeId,
      dnsNames: request.dnsNames,
      publicKeyDer: given ?? keyPair?.publicKeyDer ?? new Uint8Array(),
      nowSeconds,
      ttlSeconds,
      backdateSeconds: options.backdate.seconds,
    },
    authority,
    random,
  );
  tell(leaf, request, nowSeconds + ttlSeconds, input.events);
  return {
    spiffeId: request.spiffeId,
    certificates: [leaf.der, ...chain],
    privateKey: keyPair?.privateKeyDer,
    issuerKeyId: leaf.extensions.authorityKeyId ?? '',
    serial: leaf.serial,
    notBeforeSeconds: leaf.notBeforeSeconds,
    notAfterSeconds: leaf.notAfterSeconds,
  };
}

function givenKey({ publicKeyDer, csrDer, spiffeId }: MintRequest): Uint8Array | undefined {
  if (csrDer === undefined) {
    if (publicKeyDer !== undefined && readPublicKey(publicKeyDer) === undefined) {
      throw new SallyportError('ERR_X509_KEY', 'the public key is of a kind or size that is not accepted', {
        hint: 'use EC P-256, EC P-384 or RSA of at least 2048 bits',
      });
    }
    return publicKeyDer;
  }
  const csr = readCsr(csrDer);
  if (csr.extensions.alternativeNames.uris.some((uri) => uri !== spiffeId.uri)) {
    throw new SallyportError(
      'ERR_ISSUER_CSR',
      'the CSR asks for another identity than the one to be issued',
      {
        hint: `make it without a URI name, or with \`${spiffeId.uri}\``,
      },
    );
  }
  return csr.publicKeyDer;
}

function tell(leaf: Certificate, request: MintRequest, endSeconds: number, events: IssuerEventSink): void {
  const notAfter = new Date(leaf.notAfterSeconds * 1000).toISOString();
  const fields = { spiffeId: request.spiffeId.uri, serial: leaf.serial, notAfter };
  events({ level: 'info', event: 'issuer.issued', message: 'a certificate was issued', fields });
  const shorterBySeconds = Math.floor(endSeconds) - leaf.notAfterSeconds;
  if (shorterBySeconds > 0) {
    events({
      level: 'warn',
      event: 'issuer.shortened',
      message: `a certificate ends ${shorterBySeconds} s early, because its issuer does`,
      fields: { ...fields, shorterBySeconds },
    });
  }
}
