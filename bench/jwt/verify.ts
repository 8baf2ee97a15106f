/**
 * `npm run bench:jwt`: what a token costs at first sight and when it comes again, beside `jose` and
 * `jsonwebtoken`, which verify anew each time. One core, one run; the numbers are comparable within it. Fails
 * when a repeat costs more of a first sight than it may.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import {
  authenticate,
  createTokenCache,
  importKeySet,
  type KeySetView,
  type TokenRequest,
  type TokenRule,
} from '../../src/jwt/index.ts';

const NOW = Math.floor(Date.now() / 1000);
const ISSUER = 'https://issuer.example';
const DISTINCT_TOKENS = 300;
const REPEATS = 20_000;
const ROUNDS = 20;

type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

interface Row {
  readonly algorithm: Algorithm;
  readonly firstMicros: number;
  readonly repeatMicros: number;
  readonly joseMicros: number;
  /** It knows no EdDSA. */
  readonly jsonwebtokenMicros: number | undefined;
}

const rows: Row[] = [];
for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
  rows.push(await measure(algorithm));
}
/** What a repeat may cost of a first sight. */
const SHARE_MAX: Readonly<Record<Algorithm, number>> = { RS256: 6, PS256: 6, ES256: 10, EdDSA: 10 };

console.log('microseconds per token   first  repeat  repeat/first  wanted    jose  jsonwebtoken');
for (const row of rows) {
  const { algorithm, firstMicros, repeatMicros, joseMicros, jsonwebtokenMicros } = row;
  console.log(
    `${algorithm.padEnd(22)} ${cell(firstMicros, 7)} ${cell(repeatMicros, 7)} ${`1/${Math.round(firstMicros / repeatMicros)}`.padStart(13)} ${`1/${SHARE_MAX[algorithm]}`.padStart(7)} ${cell(joseMicros, 7)} ${jsonwebtokenMicros === undefined ? '-'.padStart(13) : cell(jsonwebtokenMicros, 13)}`,
  );
  if (firstMicros < repeatMicros * SHARE_MAX[algorithm]) {
    console.log(`${algorithm}: a repeat costs too much`);
    process.exitCode = 1;
  }
}

async function measure(algorithm: Algorithm): Promise<Row> {
  const { publicKey, privateKey } = pairOf(algorithm);
  const tokens = await Promise.all(
    Array.from({ length: DISTINCT_TOKENS }, (_, index) => tokenOf(algorithm, privateKey, index)),
  );
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key' }] });
  const imported = importKeySet(jwks, { allowSymmetric: false });
  if (!imported.ok) {
    throw imported.error;
  }
  const { keys, version } = imported;
  const view: KeySetView = { keySet: () => ({ state: 'ready', keys, version }) };
  const rules = [rule(jwks)];
  const requests = tokens.map(requestOf);
  const judge = (request: TokenRequest, cache = createTokenCache()): void => {
    if (authenticate(rules, request, view, NOW, cache).kind !== 'pass') {
      throw new Error('a good token was refused');
    }
  };
  const cache = createTokenCache();
  const repeated = requests[0] ?? requestOf('');
  judge(repeated, cache);
  return {
    algorithm,
    firstMicros: fastest(DISTINCT_TOKENS, () => {
      const fresh = createTokenCache();
      for (const request of requests) {
        judge(request, fresh);
      }
    }),
    repeatMicros: fastest(REPEATS, () => {
      for (let count = 0; count < REPEATS; count += 1) {
        judge(repeated, cache);
      }
    }),
    joseMicros: await measureJose(tokens, publicKey),
    jsonwebtokenMicros: algorithm === 'EdDSA' ? undefined : measureJsonwebtoken(algorithm, tokens, publicKey),
  };
}

async function measureJose(tokens: readonly string[], key: KeyObject): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (const token of tokens) {
      await jwtVerify(token, key, { issuer: ISSUER });
    }
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1000) / tokens.length;
}

function measureJsonwebtoken(
  algorithm: Exclude<Algorithm, 'EdDSA'>,
  tokens: readonly string[],
  key: KeyObject,
): number {
  const publicKey = createPublicKey(key.export({ format: 'pem', type: 'spki' }));
  return fastest(tokens.length, () => {
    for (const token of tokens) {
      jsonwebtoken.verify(token, publicKey, { algorithms: [algorithm], issuer: ISSUER });
    }
  });
}

/** The best of a few rounds, which is the one that was disturbed least; microseconds for each of `count`. */
function fastest(count: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1000) / count;
}

function pairOf(algorithm: Algorithm): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  switch (algorithm) {
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
  }
}

function tokenOf(algorithm: Algorithm, key: KeyObject, index: number): Promise<string> {
  return new SignJWT({ scope: 'openid profile', roles: ['reader', 'writer'], name: `User ${index}` })
    .setProtectedHeader({ alg: algorithm, kid: 'key' })
    .setIssuer(ISSUER)
    .setSubject(`user-${index}`)
    .setAudience('shop')
    .setIssuedAt(NOW)
    .setExpirationTime(NOW + 3600)
    .sign(key);
}

function requestOf(token: string): TokenRequest {
  const lines = [`Bearer ${token}`];
  return {
    method: 'GET',
    path: '/',
    scheme: 'https',
    authority: 'shop.example',
    headerLines: (name) => (name === 'authorization' ? lines : []),
  };
}

function rule(jwks: string): TokenRule {
  return {
    id: 'default/rules#0',
    issuer: ISSUER,
    audiences: ['shop'],
    keys: { kind: 'inline', keySetId: 'keys', jwks },
    fromHeaders: [],
    fromParams: [],
    fromCookies: [],
    forwardOriginalToken: false,
    outputPayloadToHeader: undefined,
    outputClaimToHeaders: [],
    spaceDelimitedClaims: [],
  };
}

function cell(micros: number, width: number): string {
  return micros.toFixed(1).padStart(width);
}
