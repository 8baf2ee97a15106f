/**
 * Writes `test/vectors/jwt/signatures.json`: for each algorithm a public key and tokens with good and broken
 * signatures. The private keys exist only while this runs. Run it anew only when a kind of case is added.
 */
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';

interface Algorithm {
  readonly name: string;
  readonly hash: string | undefined;
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** Order of the group, for ECDSA. */
  readonly order?: bigint;
}

interface Vector {
  readonly name: string;
  readonly algorithm: string;
  readonly token: string;
  readonly valid: boolean;
}

const ORDERS = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
} as const;
/** Order of the group of Ed25519 (RFC 8032, section 5.1). */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const algorithms: readonly Algorithm[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((name) => ({
    name,
    hash: `sha${name.slice(2)}`,
    pair: rsa,
  })),
  ec('ES256', 'P-256'),
  ec('ES384', 'P-384'),
  ec('ES512', 'P-521'),
  { name: 'EdDSA', hash: undefined, pair: generateKeyPairSync('ed25519') },
];

const vectors = algorithms.flatMap(vectorsOf);
const keys = algorithms
  .filter(({ pair }, index) => algorithms.findIndex((other) => other.pair === pair) === index)
  .map(({ pair }) => pair.publicKey.export({ format: 'jwk' }));
const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n');
writeFileSync(
  'test/vectors/jwt/signatures.json',
  `{\n  "jwks": ${JSON.stringify({ keys })},\n  "vectors": [\n${lines}\n  ]\n}\n`,
);
console.log(`${vectors.length} vectors`);

function ec(name: string, curve: keyof typeof ORDERS): Algorithm {
  return {
    name,
    hash: `sha${name.slice(2)}`,
    pair: generateKeyPairSync('ec', { namedCurve: curve }),
    order: ORDERS[curve],
  };
}

function vectorsOf(algorithm: Algorithm): readonly Vector[] {
  const header = base64url(JSON.stringify({ alg: algorithm.name }));
  const payload = base64url(JSON.stringify({ iss: 'https://issuer.example', sub: 'alice' }));
  const input = `${header}.${payload}`;
  const good = signed(algorithm, input);
  const vector = (name: string, signature: Buffer, valid = false, signedInput = input): Vector => ({
    name,
    algorithm: algorithm.name,
    token: `${signedInput}.${base64url(signature)}`,
    valid,
  });
  const otherPayload = base64url(JSON.stringify({ iss: 'https://issuer.example', sub: 'mallory' }));
  const half = good.length / 2;
  return [
    vector('good', good, true),
    vector('signed again', signed(algorithm, input), true),
    vector('over another payload', good, false, `${header}.${otherPayload}`),
    vector('first bit flipped', flipped(good, 0, 0x80)),
    vector('last bit flipped', flipped(good, good.length - 1, 0x01)),
    vector('a bit in the middle flipped', flipped(good, Math.floor(half), 0x10)),
    vector('one byte less at the end', good.subarray(0, -1)),
    vector('one byte less at the start', good.subarray(1)),
    vector('a zero byte behind', Buffer.concat([good, Buffer.alloc(1)])),
    vector('a zero byte before', Buffer.concat([Buffer.alloc(1), good])),
    vector('twice', Buffer.concat([good, good])),
    vector('its half', good.subarray(0, half)),
    vector('one byte', Buffer.from([1])),
    vector('all zero', Buffer.alloc(good.length)),
    vector('all ones', Buffer.alloc(good.length, 0xff)),
    ...(algorithm.order === undefined ? [] : ecdsaVectors(algorithm, algorithm.order, input, good)),
    ...(algorithm.name === 'EdDSA' ? eddsaVectors(input, good) : []),
    ...(algorithm.name.startsWith('PS') ? pssVectors(algorithm, input) : []),
    ...(algorithm.name.startsWith('RS') ? rsaVectors(algorithm, input) : []),
  ];
}

function ecdsaVectors(algorithm: Algorithm, order: bigint, input: string, good: Buffer): readonly Vector[] {
  const half = good.length / 2;
  const r = good.subarray(0, half);
  const s = good.subarray(half);
  const number = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * half, '0'), 'hex');
  const case_ = (name: string, signature: Buffer, valid = false): Vector => ({
    name,
    algorithm: algorithm.name,
    token: `${input}.${base64url(signature)}`,
    valid,
  });
  const { privateKey } = algorithm.pair;
  const der = sign(algorithm.hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'der' });
  const padded = (part: Buffer): Buffer => Buffer.concat([Buffer.alloc(1), part]);
  return [
    // RFC 7518 does not ask for the smaller s: both are signatures of the key's holder.
    case_('n - s', Buffer.concat([r, number(order - BigInt(`0x${s.toString('hex')}`))]), true),
    case_('DER in place of the raw numbers', der),
    case_('r = 0', Buffer.concat([number(0n), s])),
    case_('s = 0', Buffer.concat([r, number(0n)])),
    case_('r = s = 0', Buffer.concat([number(0n), number(0n)])),
    case_('r = n', Buffer.concat([number(order), s])),
    case_('s = n', Buffer.concat([r, number(order)])),
    case_('r = n, s = n', Buffer.concat([number(order), number(order)])),
    case_('r = 1, s = 1', Buffer.concat([number(1n), number(1n)])),
    case_('r = 0, s = 1', Buffer.concat([number(0n), number(1n)])),
    case_('r = n - 1, s = n - 1', Buffer.concat([number(order - 1n), number(order - 1n)])),
    case_('both numbers one byte longer', Buffer.concat([padded(r), padded(s)])),
    case_('numbers swapped', Buffer.concat([s, r])),
  ];
}

function eddsaVectors(input: string, good: Buffer): readonly Vector[] {
  const r = good.subarray(0, 32);
  const s = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`);
  const little = (value: bigint): Buffer =>
    Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
  const case_ = (name: string, signature: Buffer): Vector => ({
    name,
    algorithm: 'EdDSA',
    token: `${input}.${base64url(signature)}`,
    valid: false,
  });
  return [
    case_('S + L', Buffer.concat([r, little(s + ED25519_ORDER)])),
    case_('S = 0', Buffer.concat([r, little(0n)])),
    case_('S = L', Buffer.concat([r, little(ED25519_ORDER)])),
    case_('R is the neutral point, S = 0', Buffer.concat([little(1n), little(0n)])),
  ];
}

function pssVectors(algorithm: Algorithm, input: string): readonly Vector[] {
  const { privateKey: key } = algorithm.pair;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const case_ = (name: string, signature: Buffer): Vector => ({
    name,
    algorithm: algorithm.name,
    token: `${input}.${base64url(signature)}`,
    valid: false,
  });
  const bytes = Buffer.from(input);
  return [
    case_('no salt', sign(algorithm.hash, bytes, { key, padding, saltLength: 0 })),
    case_('a salt of 20 bytes', sign(algorithm.hash, bytes, { key, padding, saltLength: 20 })),
    case_(
      'the longest salt',
      sign(algorithm.hash, bytes, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN }),
    ),
    case_('PKCS #1 v1.5 in place of PSS', sign(algorithm.hash, bytes, key)),
  ];
}

function rsaVectors(algorithm: Algorithm, input: string): readonly Vector[] {
  const { privateKey: key } = algorithm.pair;
  const bytes = Buffer.from(input);
  const otherHash = algorithm.hash === 'sha256' ? 'sha384' : 'sha256';
  const case_ = (name: string, signature: Buffer): Vector => ({
    name,
    algorithm: algorithm.name,
    token: `${input}.${base64url(signature)}`,
    valid: false,
  });
  return [
    case_(`hashed with ${otherHash}`, sign(otherHash, bytes, key)),
    case_(
      'PSS in place of PKCS #1 v1.5',
      sign(algorithm.hash, bytes, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }),
    ),
  ];
}

function signed({ name, hash, pair }: Algorithm, input: string): Buffer {
  const key = pair.privateKey;
  const bytes = Buffer.from(input);
  if (name === 'EdDSA') {
    return sign(null, bytes, key);
  }
  if (name.startsWith('ES')) {
    return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
  }
  return sign(
    hash,
    bytes,
    name.startsWith('PS')
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : key,
  );
}

function flipped(bytes: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

function base64url(bytes: string | Buffer): string {
  return Buffer.from(bytes).toString('base64url');
}
