import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { compactVerify } from 'jose';
import { SallyportError } from '../base/index.ts';
import type { PublicJwk, SpiffeId } from '../identity/index.ts';

/** The algorithms that JWT-SVIDs are signed with here; all are in the list of the JWT-SVID standard. */
export type JwtSvidAlgorithm = 'ES256' | 'ES384' | 'RS256';

/** What a JWT-SVID says. JWT-SVID standard, section 3. */
export interface JwtSvidWish {
  readonly spiffeId: SpiffeId;
  /** At least one. */
  readonly audiences: readonly string[];
  readonly issuedAtSeconds: number;
  readonly expiresAtSeconds: number;
  /** The URL under which the keys are published, where they are. */
  readonly issuer: string | undefined;
}

/** A key that JWT-SVIDs are signed with. */
export interface JwtSigningKey {
  readonly keyId: string;
  readonly algorithm: JwtSvidAlgorithm;
  readonly publicKey: KeyObject;
  readonly notAfterSeconds: number;
  /** The signature of RFC 7518 over the bytes. */
  readonly sign: (input: Uint8Array) => Promise<Uint8Array>;
}

/**
 * Signs a JWT-SVID and looks at it again with another library before it leaves. Throws `ERR_CA_ISSUE` when it
 * is not what was asked for, `ERR_CA_EXPIRED` when the key would end before it.
 */
export async function issueJwtSvid(wish: JwtSvidWish, key: JwtSigningKey): Promise<string> {
  const { spiffeId, audiences, issuedAtSeconds, expiresAtSeconds, issuer } = wish;
  if (spiffeId.path === '' || audiences.length === 0 || expiresAtSeconds <= issuedAtSeconds) {
    throw new SallyportError('ERR_CA_TEMPLATE', 'a JWT-SVID needs a path, an audience and a time to live');
  }
  if (expiresAtSeconds > key.notAfterSeconds) {
    throw new SallyportError('ERR_CA_EXPIRED', 'the JWT key ends before what it should sign');
  }
  const header = encode({ alg: key.algorithm, kid: key.keyId, typ: 'JWT' });
  const payload = encode({
    aud: audiences,
    exp: expiresAtSeconds,
    iat: issuedAtSeconds,
    ...(issuer === undefined ? {} : { iss: issuer }),
    sub: spiffeId.uri,
  });
  const signature = await key.sign(Buffer.from(`${header}.${payload}`)).catch((cause: unknown) => {
    throw new SallyportError('ERR_CA_ISSUE', 'the JWT key did not sign', { cause });
  });
  const token = `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`;
  await lookAgain(token, payload, key);
  return token;
}

async function lookAgain(token: string, payload: string, key: JwtSigningKey): Promise<void> {
  try {
    const seen = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] });
    if (
      Buffer.from(seen.payload).toString('base64url') === payload &&
      seen.protectedHeader.kid === key.keyId
    ) {
      return;
    }
  } catch {
    // What the library says could quote the token.
  }
  throw new SallyportError('ERR_CA_ISSUE', 'a signed JWT-SVID is not what was asked for');
}

/** The algorithm that goes with a public key (SubjectPublicKeyInfo); undefined for kinds that sign none. */
export function jwtAlgorithmOf(publicKeyDer: Uint8Array): JwtSvidAlgorithm | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKeyOfDer(publicKeyDer);
  if (asymmetricKeyType === 'rsa') {
    return 'RS256';
  }
  switch (asymmetricKeyDetails?.namedCurve) {
    case 'prime256v1':
      return 'ES256';
    case 'secp384r1':
      return 'ES384';
    default:
      return undefined;
  }
}

/** The public key as a JWK. */
export function publicJwkOf(publicKeyDer: Uint8Array): PublicJwk {
  return publicKeyOfDer(publicKeyDer).export({ format: 'jwk' }) as unknown as PublicJwk;
}

export function publicKeyOfDer(publicKeyDer: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(publicKeyDer), format: 'der', type: 'spki' });
}

/** Signs with a private key in PKCS #8 DER, off the event loop where that takes long. */
export function jwtSignerOf(privateKeyDer: Uint8Array): JwtSigningKey['sign'] {
  const key = createPrivateKey({ key: Buffer.from(privateKeyDer), format: 'der', type: 'pkcs8' });
  const hash = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  const how = { key, dsaEncoding: 'ieee-p1363' } as const;
  return key.asymmetricKeyType === 'rsa'
    ? async (input) => new Uint8Array(await signOffLoop(hash, input, key))
    : async (input) => new Uint8Array(sign(hash, input, how));
}

const signOffLoop = promisify(
  (hash: string, input: Uint8Array, key: KeyObject, done: (error: Error | null, bytes: Buffer) => void) =>
    sign(hash, input, key, done),
);

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
