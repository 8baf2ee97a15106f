import { createHmac } from 'node:crypto';
import { compactVerify, createLocalJWKSet } from 'jose';
import type { Random } from '../../../src/base/index.ts';
import { authenticate, createTokenCache, type TokenRule } from '../../../src/jwt/index.ts';
import { seededRandom } from '../../fakes/random.ts';
import { base64url, jwksOf, makeToken, type TestKeyName, testKey } from '../../fakes/token-issuer.ts';
import { bearer, GOOD_CLAIMS, inline, keysOfRules, NOW, tokenRequest, tokenRule } from './token-case.ts';

export interface FuzzReport {
  readonly runs: number;
  readonly accepted: number;
  readonly reasons: ReadonlyMap<string, number>;
  /** Tokens that were taken though nobody signed them, or that `jose` refuses. Must be empty. */
  readonly wrong: readonly string[];
}

const SIGNERS: readonly (readonly [TestKeyName, string])[] = [
  ['rsa', 'RS256'],
  ['rsa', 'PS384'],
  ['p256', 'ES256'],
  ['p384', 'ES384'],
  ['p521', 'ES512'],
  ['ed25519', 'EdDSA'],
];
const KEY_NAMES: readonly TestKeyName[] = ['rsa', 'p256', 'p384', 'p521', 'ed25519'];

/**
 * Bends good tokens and has them judged, with and without a cache. Nothing may be taken but what a key really
 * signed, which is known here; `jose` is asked about everything that is taken.
 */
export async function fuzzTokens(runs: number, seed: number): Promise<FuzzReport> {
  const random = seededRandom(seed);
  const good = SIGNERS.flatMap(([name, alg]) =>
    ['alice', 'bob'].map((sub) => makeToken(name, { header: { alg }, payload: { ...GOOD_CLAIMS, sub } })),
  );
  const signed = new Set(good.map((token) => token.slice(0, token.lastIndexOf('.'))));
  // Ed25519 last: before others it would end the search for a key, as it does in Envoy.
  const jwks = jwksOf(...KEY_NAMES);
  const secondOpinion = createLocalJWKSet(JSON.parse(jwks) as Parameters<typeof createLocalJWKSet>[0]);
  const rules: readonly TokenRule[] = [tokenRule({ keys: inline(jwks) })];
  const keys = keysOfRules(rules);
  const cache = createTokenCache();
  const reasons = new Map<string, number>();
  const wrong: string[] = [];
  let accepted = 0;
  for (let run = 0; run < runs; run += 1) {
    const token = bent(random, good);
    const request = tokenRequest(bearer(token));
    const outcome = authenticate(rules, request, keys, NOW);
    const cached = authenticate(rules, request, keys, NOW, cache);
    const reason = outcome.kind === 'reject' ? outcome.reason : outcome.kind;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (cached.kind !== outcome.kind) {
      wrong.push(`with and without cache differ: ${token}`);
    }
    if (outcome.kind !== 'reject' && !(outcome.kind === 'pass' && outcome.token === undefined)) {
      accepted += 1;
      const known = signed.has(token.slice(0, token.lastIndexOf('.')));
      const confirmed = await compactVerify(token, secondOpinion).then(
        () => true,
        () => false,
      );
      if (!known || !confirmed) {
        wrong.push(token);
      }
    }
  }
  return { runs, accepted, reasons, wrong };
}

type Bend = (random: Random, parts: readonly string[], good: readonly string[]) => readonly string[];

function bent(random: Random, good: readonly string[]): string {
  let parts: readonly string[] = pick(random, good).split('.');
  const bends = 1 + Math.floor(random.fraction() * 2);
  for (let count = 0; count < bends; count += 1) {
    parts = pick(random, BENDS)(random, parts, good);
  }
  return parts.join('.');
}

const BENDS: readonly Bend[] = [
  (random, parts) => changed(parts, below(random, parts.length), (part) => flippedBit(random, part)),
  (random, parts) => changed(parts, 2, (part) => flippedBit(random, part)),
  (random, parts) => changed(parts, below(random, parts.length), (part) => replacedCharacter(random, part)),
  (random, parts, good) => {
    const at = below(random, 3);
    return changed(parts, at, () => pick(random, good).split('.')[at] ?? '');
  },
  (random, parts) => changed(parts, 2, (part) => resized(random, part)),
  (random, parts) => changed(parts, 0, (part) => withHeader(random, part)),
  (random, parts) => changed(parts, 1, (part) => withClaim(random, part)),
  (random, parts) => hmacSigned(random, parts),
  (_random, parts) =>
    changed(parts, 2, (part) => base64url(Buffer.alloc(Buffer.from(part, 'base64url').length))),
  (random, parts) => pick(random, [[...parts, ''], ['', ...parts], parts.slice(0, 2), [...parts, 'x']]),
  (random, parts) =>
    changed(parts, below(random, 3), (part) => `${part}${pick(random, ['=', ' ', '\t', '$', 'A'])}`),
  (_random, parts) => parts,
];

function withHeader(random: Random, part: string): string {
  const change = pick(random, [
    {
      alg: pick(random, ['none', 'HS256', 'RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', '']),
    },
    { kid: pick(random, [...KEY_NAMES, '', 'x', null]) },
    { crit: ['exp'] },
    { b64: false },
    { jwk: testKey('p256Other').jwk },
    { typ: 'JOSE' },
  ]);
  return edited(part, change);
}

function withClaim(random: Random, part: string): string {
  return edited(
    part,
    pick(random, [{ sub: 'root' }, { exp: NOW + 10 ** 6 }, { iss: 'x' }, { aud: 'x' }, { admin: true }]),
  );
}

function edited(part: string, change: Readonly<Record<string, unknown>>): string {
  try {
    const members = JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    return base64url(JSON.stringify({ ...members, ...change }));
  } catch {
    return part;
  }
}

/** The old confusion: the public key as the secret of an HMAC. */
function hmacSigned(random: Random, parts: readonly string[]): readonly string[] {
  const { jwk } = testKey(pick(random, KEY_NAMES));
  const secret = pick(random, [JSON.stringify(jwk), String(jwk['n'] ?? jwk['x']), '']);
  const header = edited(parts[0] ?? '', { alg: 'HS256' });
  const input = `${header}.${parts[1] ?? ''}`;
  return [header, parts[1] ?? '', base64url(createHmac('sha256', secret).update(input).digest())];
}

function flippedBit(random: Random, part: string): string {
  const bytes = Buffer.from(part, 'base64url');
  const at = below(random, bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
  return base64url(bytes);
}

function replacedCharacter(random: Random, part: string): string {
  const at = below(random, part.length);
  return `${part.slice(0, at)}${pick(random, [...'AZaz09-_+/=. '])}${part.slice(at + 1)}`;
}

function resized(random: Random, part: string): string {
  const bytes = Buffer.from(part, 'base64url');
  return base64url(
    pick(random, [
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), bytes]),
      Buffer.alloc(0),
    ]),
  );
}

function changed(parts: readonly string[], at: number, change: (part: string) => string): readonly string[] {
  return parts.map((part, index) => (index === at ? change(part) : part));
}

function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[below(random, choices.length)];
  if (choice === undefined) {
    throw new Error('nothing to choose from');
  }
  return choice;
}

function below(random: Random, end: number): number {
  return Math.floor(random.fraction() * end);
}
