import {
  constants,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';

/** Key pairs, made once for each test file: RSA ones take a while. */
export interface TestKey {
  readonly keyId: string;
  readonly algorithm: string;
  /** What signs: a private key, or the secret itself. */
  readonly signing: KeyObject;
  /** As it stands in a JWKS, with `kid` and without `alg`. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export type TestKeyName = 'rsa' | 'rsaOther' | 'p256' | 'p256Other' | 'p384' | 'p521' | 'ed25519' | 'secret';

const MADE = new Map<TestKeyName, TestKey>();

export function testKey(name: TestKeyName): TestKey {
  const known = MADE.get(name);
  if (known !== undefined) {
    return known;
  }
  const made = name === 'secret' ? secretKey() : pairKey(name);
  MADE.set(name, made);
  return made;
}

export function jwksOf(...keys: readonly (TestKeyName | Readonly<Record<string, unknown>>)[]): string {
  return JSON.stringify({ keys: keys.map((key) => (typeof key === 'string' ? testKey(key).jwk : key)) });
}

export interface TokenParts {
  /** Merged over `alg` and `kid` of the key; a text is taken as it is. */
  readonly header?: Readonly<Record<string, unknown>> | string;
  readonly payload: Readonly<Record<string, unknown>> | string | Buffer;
}

/** A compact JWS, signed by the key with its own algorithm whatever the header says. */
export function makeToken(name: TestKeyName, { header, payload }: TokenParts): string {
  const key = testKey(name);
  const headerText =
    typeof header === 'string' ? header : JSON.stringify({ alg: key.algorithm, kid: key.keyId, ...header });
  const payloadBytes =
    typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  const input = `${base64url(headerText)}.${base64url(payloadBytes)}`;
  const algorithm =
    typeof header === 'object' && typeof header['alg'] === 'string' ? header['alg'] : key.algorithm;
  return `${input}.${base64url(signatureOf(key, input, algorithm))}`;
}

/** Signs with the hash and padding of `algorithm` where the key can, else as the key's own algorithm. */
export function signatureOf(key: TestKey, input: string, algorithm: string = key.algorithm): Buffer {
  const bits = /\d{3}$/.exec(algorithm)?.[0] ?? /\d{3}$/.exec(key.algorithm)?.[0];
  const hash = `sha${bits}`;
  const bytes = Buffer.from(input);
  switch (key.algorithm.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key.signing).update(bytes).digest();
    case 'Ed':
      return sign(null, bytes, key.signing);
    case 'ES':
      return sign(hash, bytes, { key: key.signing, dsaEncoding: 'ieee-p1363' });
    default:
      return sign(
        hash,
        bytes,
        algorithm.startsWith('PS')
          ? {
              key: key.signing,
              padding: constants.RSA_PKCS1_PSS_PADDING,
              saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
            }
          : key.signing,
      );
  }
}

export function base64url(bytes: string | Buffer): string {
  return Buffer.from(bytes).toString('base64url');
}

const ALGORITHMS = {
  rsa: 'RS256',
  rsaOther: 'RS256',
  p256: 'ES256',
  p256Other: 'ES256',
  p384: 'ES384',
  p521: 'ES512',
  ed25519: 'EdDSA',
} as const;

function pairKey(name: Exclude<TestKeyName, 'secret'>): TestKey {
  const { publicKey, privateKey } = pairOf(name);
  return {
    keyId: name,
    algorithm: ALGORITHMS[name],
    signing: privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: name },
  };
}

function pairOf(name: Exclude<TestKeyName, 'secret'>): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (name) {
    case 'rsa':
    case 'rsaOther':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'p256':
    case 'p256Other':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
  }
}

function secretKey(): TestKey {
  const secret = Buffer.from('a secret of thirty-two characters');
  return {
    keyId: 'secret',
    algorithm: 'HS256',
    signing: createSecretKey(secret),
    jwk: { kty: 'oct', k: base64url(secret), kid: 'secret' },
  };
}
