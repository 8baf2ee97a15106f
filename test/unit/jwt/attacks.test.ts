import { createHmac, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import type { KeySetView, TokenRule } from '../../../src/jwt/index.ts';
import { cpuMillis } from '../../fakes/cpu-time.ts';
import { base64url, jwksOf, makeToken, signatureOf, testKey } from '../../fakes/token-issuer.ts';
import {
  bearer,
  GOOD_CLAIMS,
  inline,
  judge,
  keysOfRules,
  NOW,
  type RequestParts,
  readyState,
  tokenRule,
  verdictOf,
} from './token-case.ts';

const FORM = 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections';
const ALGORITHM = 'Jwt header [alg] is not supported';
const FAILS = 'Jwt verification fails';
const NO_KEY = "Jwks doesn't have key to match kid or alg from Jwt";
const HEADER_BASE64 = 'Jwt header is an invalid Base64url encoded';
const SIGNATURE_BASE64 = 'Jwt signature is an invalid Base64url encoded';

interface Attack {
  readonly name: string;
  readonly request: RequestParts;
  readonly verdict: string;
  readonly rule?: Partial<TokenRule>;
  readonly now?: number;
}

const good = makeToken('p256', { payload: GOOD_CLAIMS });
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');

function unsigned(header: unknown, signature: string): string {
  return `${base64url(JSON.stringify(header))}.${goodPayload}.${signature}`;
}

/** HMAC with a text that everybody knows as the secret. */
function hmacWith(secret: string | Buffer, header: unknown): string {
  const input = `${base64url(JSON.stringify(header))}.${goodPayload}`;
  return `${input}.${base64url(createHmac('sha256', secret).update(input).digest())}`;
}

const rsaPem = publicPem('rsa');
const jwkOf = (name: 'rsa' | 'p256' | 'p384' | 'secret') => testKey(name).jwk;

const attacks: readonly Attack[] = [
  // none
  ...['none', 'None', 'nOnE', 'NONE'].map((alg) => ({
    name: `alg ${alg} without a signature`,
    request: bearer(unsigned({ alg }, '')),
    verdict: FORM,
  })),
  ...['none', 'None', 'nOnE'].map((alg) => ({
    name: `alg ${alg} with some signature`,
    request: bearer(unsigned({ alg }, 'AAAA')),
    verdict: ALGORITHM,
  })),
  {
    name: 'the header of a good token replaced by none',
    request: bearer(unsigned({ alg: 'none' }, goodSignature)),
    verdict: ALGORITHM,
  },
  // confusion of algorithms and keys
  {
    name: 'HS256 with the RSA public key (PEM) as secret',
    request: bearer(hmacWith(rsaPem, { alg: 'HS256', kid: 'rsa' })),
    verdict: FAILS,
  },
  {
    name: 'HS256 with the PEM and a space before it',
    request: bearer(hmacWith(` ${rsaPem}`, { alg: 'HS256', kid: 'rsa' })),
    verdict: FAILS,
  },
  {
    name: 'HS256 with the trimmed PEM',
    request: bearer(hmacWith(rsaPem.trim(), { alg: 'HS256', kid: 'rsa' })),
    verdict: FAILS,
  },
  {
    name: 'HS256 with the JWK itself as secret',
    request: bearer(hmacWith(JSON.stringify(jwkOf('rsa')), { alg: 'HS256', kid: 'rsa' })),
    verdict: FAILS,
  },
  {
    name: 'HS256 with the modulus as secret',
    request: bearer(
      hmacWith(Buffer.from(String(jwkOf('rsa')['n']), 'base64url'), { alg: 'HS256', kid: 'rsa' }),
    ),
    verdict: FAILS,
  },
  {
    name: 'HS256 with an empty secret',
    request: bearer(hmacWith('', { alg: 'HS256' })),
    verdict: 'Jwt ED25519 signature is wrong length',
  },
  {
    name: 'an ES256 signature called RS256',
    request: bearer(makeToken('p256', { header: { alg: 'RS256' }, payload: GOOD_CLAIMS })),
    verdict: FAILS,
  },
  { name: 'an RS256 signature called PS256', request: bearer(called('rsa', 'PS256')), verdict: FAILS },
  {
    name: 'a P-384 key on ES256',
    request: bearer(makeToken('p384', { header: { alg: 'ES256' }, payload: GOOD_CLAIMS })),
    verdict: FAILS,
  },
  { name: 'an ES256 signature called EdDSA', request: bearer(called('p256', 'EdDSA')), verdict: FAILS },
  {
    name: 'a key whose alg is another than the token says',
    rule: { keys: inline(jwksOf({ ...jwkOf('rsa'), alg: 'RS512' })) },
    request: bearer(makeToken('rsa', { payload: GOOD_CLAIMS })),
    verdict: NO_KEY,
  },
  {
    name: 'a key that is for encryption',
    rule: { keys: inline(jwksOf({ ...jwkOf('p256'), use: 'enc' }, 'p384')) },
    request: bearer(good),
    verdict: NO_KEY,
  },
  {
    name: 'a key that may only sign',
    rule: { keys: inline(jwksOf({ ...jwkOf('p256'), key_ops: ['sign'] }, 'p384')) },
    request: bearer(good),
    verdict: NO_KEY,
  },
  {
    name: 'a token encrypted in place of signed (five parts)',
    request: bearer(`${good}.AAAA.AAAA`),
    verdict: FORM,
  },
  {
    name: 'the JSON form of a signature',
    request: bearer(JSON.stringify({ payload: goodPayload, signatures: [] })),
    verdict: FORM,
  },
  {
    name: 'critical extensions',
    request: bearer(makeToken('p256', { header: { crit: ['x'], x: 1 }, payload: GOOD_CLAIMS })),
    verdict: 'Jwt header [crit] is not supported',
  },
  {
    name: 'b64: false',
    request: bearer(makeToken('p256', { header: { b64: false }, payload: GOOD_CLAIMS })),
    verdict: 'Jwt header [b64] is not supported',
  },
  {
    name: 'b64: false with crit',
    request: bearer(makeToken('p256', { header: { crit: ['b64'], b64: false }, payload: GOOD_CLAIMS })),
    verdict: 'Jwt header [crit] is not supported',
  },
  {
    name: 'a nested token',
    request: bearer(makeToken('p256', { header: { cty: 'JWT' }, payload: good })),
    verdict: 'Jwt header [cty] is not supported',
  },
  // kid and friends
  ...[
    '../../etc/passwd',
    '/dev/null',
    'https://evil.example/jwks',
    "' OR 1=1 --",
    'x'.repeat(10_000),
    '__proto__',
    'constructor',
    'p256\0',
    'P256',
  ].map((kid) => ({
    name: `kid ${JSON.stringify(kid).slice(0, 40)}`,
    request: bearer(makeToken('p256', { header: { kid }, payload: GOOD_CLAIMS })),
    verdict: NO_KEY,
  })),
  {
    name: 'a key in the header (jwk), signed by it',
    request: bearer(
      makeToken('p256Other', {
        header: { kid: 'p256', jwk: testKey('p256Other').jwk },
        payload: GOOD_CLAIMS,
      }),
    ),
    verdict: FAILS,
  },
  {
    name: 'a key URL in the header (jku)',
    request: bearer(
      makeToken('p256Other', {
        header: { kid: 'p256', jku: 'https://evil.example/jwks' },
        payload: GOOD_CLAIMS,
      }),
    ),
    verdict: FAILS,
  },
  {
    name: 'a certificate in the header (x5c, x5u)',
    request: bearer(
      makeToken('p256Other', {
        header: { kid: 'p256', x5u: 'https://evil.example/c', x5c: ['AAAA'] },
        payload: GOOD_CLAIMS,
      }),
    ),
    verdict: FAILS,
  },
  // white space and several headers
  {
    name: 'Bearer with two spaces',
    request: { headers: [['authorization', `Bearer  ${good}`]] },
    verdict: HEADER_BASE64,
  },
  {
    name: 'bearer with a tab: no token, so no identity',
    request: { headers: [['authorization', `bearer\t${good}`]] },
    verdict: 'none',
  },
  {
    name: 'Bearer and a tab: no token, so no identity',
    request: { headers: [['authorization', `Bearer\t${good}`]] },
    verdict: 'none',
  },
  {
    name: 'a line end in the token',
    request: bearer(good.replace('.', '.\n')),
    verdict: 'Jwt payload is an invalid Base64url encoded',
  },
  {
    name: 'a space in the token',
    request: bearer(`${good.slice(0, -4)} ${good.slice(-4)}`),
    verdict: SIGNATURE_BASE64,
  },
  { name: 'padding', request: bearer(`${good}==`), verdict: SIGNATURE_BASE64 },
  {
    name: 'base64 in place of base64url',
    request: bearer(`${goodHeader}.${goodPayload}.+/+/`),
    verdict: SIGNATURE_BASE64,
  },
  { name: 'other last bits of the signature', request: bearer(strayBits(good)), verdict: SIGNATURE_BASE64 },
  {
    name: 'two Authorization headers, good and good',
    request: {
      headers: [
        ['authorization', `Bearer ${good}`],
        ['authorization', `Bearer ${good}`],
      ],
    },
    verdict: FORM,
  },
  {
    name: 'two Authorization headers, Basic and good',
    request: {
      headers: [
        ['authorization', 'Basic YTpi'],
        ['authorization', `Bearer ${good}`],
      ],
    },
    verdict: 'pass',
  },
  {
    name: 'Bearer a,Bearer b',
    request: { headers: [['authorization', `Bearer ${good},Bearer ${good}`]] },
    verdict: FORM,
  },
  {
    name: 'a token and one in a parameter that is bad',
    request: { ...bearer(good), path: '/?access_token=x' },
    verdict: FORM,
  },
  // time edges
  {
    name: 'exp + 60 s is the last second',
    request: bearer(good),
    now: GOOD_CLAIMS.exp + 60,
    verdict: 'pass',
  },
  { name: 'exp + 61 s is over', request: bearer(good), now: GOOD_CLAIMS.exp + 61, verdict: 'Jwt is expired' },
  { name: 'the year 2106 and later', request: bearer(good), now: 2 ** 33, verdict: 'Jwt is expired' },
  // limits
  { name: 'a token at the limit', request: bearer(tokenOfLength(LIMITS.tokenBytes)), verdict: 'pass' },
  {
    name: 'a token past the limit',
    request: bearer(tokenOfLength(LIMITS.tokenBytes + 1)),
    verdict: 'Jwt is too long',
  },
  {
    name: 'as many tokens as are looked at',
    rule: { fromHeaders: [{ name: 'x-token', prefix: '' }] },
    request: { headers: Array.from({ length: LIMITS.tokensPerRequest }, () => ['x-token', good] as const) },
    verdict: 'pass',
  },
  {
    name: 'one token more',
    rule: { fromHeaders: [{ name: 'x-token', prefix: '' }] },
    request: {
      headers: Array.from({ length: LIMITS.tokensPerRequest + 1 }, () => ['x-token', good] as const),
    },
    verdict: 'Found multiple Jwt tokens',
  },
];

describe('attacks on tokens', () => {
  it.each(attacks)('$name', ({ request, verdict, rule, now = NOW }) => {
    const outcome = judge([tokenRule(rule)], request, { now });
    const hasNone = outcome.kind === 'pass' && outcome.token === undefined;
    expect(hasNone ? 'none' : verdictOf(outcome)).toBe(verdict);
  });

  it('have no name twice', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
  });

  it('an unknown kid asks for nothing but the set of its rule', () => {
    const asked: string[] = [];
    const rules = [tokenRule()];
    const keys = keysOfRules(rules);
    const recording: KeySetView = {
      keySet(keySetId) {
        asked.push(keySetId);
        return keys.keySet(keySetId);
      },
    };
    const header = { kid: 'https://evil.example/x', jku: 'https://evil.example/jwks' };
    judge(rules, bearer(makeToken('p256', { header, payload: GOOD_CLAIMS })), { keys: recording });
    expect(new Set(asked)).toEqual(new Set([rules[0]?.keys.keySetId]));
  });

  it('a symmetric key of a fetched set verifies nothing', () => {
    const remote: TokenRule['keys'] = { kind: 'uri', keySetId: 'r', jwksUri: 'https://k', timeoutMillis: 1 };
    const rules = [tokenRule({ keys: remote })];
    const keys = keysOfRules(rules, { r: readyState(jwksOf('secret', 'p256')) });
    const token = makeToken('secret', { payload: GOOD_CLAIMS });
    expect(verdictOf(judge(rules, bearer(token), { keys }))).toBe(NO_KEY);
  });

  it.each([
    ['(16 KiB of open brackets)', '['.repeat(12_000)],
    ['(a long text of escapes)', `{"a":"${'\\u0041'.repeat(1900)}`],
    ['(a long number)', `{"a":${'1'.repeat(11_900)}e}`],
    ['(many members)', `{${Array.from({ length: 1000 }, (_, index) => `"k${index}":1`).join(',')},"k0":1}`],
  ])('a payload that is work for nothing is refused in time %s', (_name, payload) => {
    const token = makeToken('p256', { payload });
    const millis = cpuMillis(() => {
      for (let round = 0; round < 20; round += 1) {
        expect(verdictOf(judge([tokenRule()], bearer(token)))).toBe('Jwt payload is an invalid JSON');
      }
    });
    expect(millis / 20).toBeLessThan(20);
  });

  it('a set full of nameless keys costs a bounded number of tries', () => {
    const { kid: _kid, ...nameless } = jwkOf('p384');
    const { kid: _other, ...last } = jwkOf('p256');
    const decoys = Array.from({ length: LIMITS.keysTriedPerToken - 1 }, () => nameless);
    const at = [tokenRule({ keys: inline(jwksOf(...decoys, last)) })];
    expect(verdictOf(judge(at, bearer(good)))).toBe('pass');
    const past = [tokenRule({ keys: inline(jwksOf(nameless, ...decoys, last)) })];
    expect(verdictOf(judge(past, bearer(good)))).toBe(FAILS);
  });
});

function called(name: 'rsa' | 'p256', alg: string): string {
  const key = testKey(name);
  const input = `${base64url(JSON.stringify({ alg, kid: name }))}.${goodPayload}`;
  return `${input}.${base64url(signatureOf(key, input, key.algorithm))}`;
}

function publicPem(name: 'rsa'): string {
  const key = createPublicKey({ key: testKey(name).jwk, format: 'jwk' });
  return String(key.export({ format: 'pem', type: 'spki' }));
}

/** The last character of 64 bytes in base64url carries two bits; the other four must be zero. */
function strayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return `${token.slice(0, -1)}${alphabet[last + 1]}`;
}

/** Base64 reaches three lengths of four; a longer header makes up for the fourth. */
function tokenOfLength(length: number): string {
  for (let pad = 0; pad < 4; pad += 1) {
    const header = { pad: 'x'.repeat(pad) };
    const empty = makeToken('p256', { header, payload: { ...GOOD_CLAIMS, filler: '' } });
    const room = Math.floor(((length - empty.length) * 3) / 4);
    for (let filler = room - 3; filler <= room + 3; filler += 1) {
      const payload = { ...GOOD_CLAIMS, filler: 'x'.repeat(filler) };
      const token = makeToken('p256', { header, payload });
      if (token.length === length) {
        return token;
      }
    }
  }
  throw new Error(`no token of ${length} characters`);
}
