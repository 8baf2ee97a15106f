import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { TOKEN_DIVERGENCES } from '../../../src/jwt/divergences.ts';
import type { TokenRule } from '../../../src/jwt/index.ts';
import { base64url, jwksOf, makeToken, signatureOf, testKey } from '../../fakes/token-issuer.ts';
import {
  bearer,
  GOOD_CLAIMS,
  inline,
  judge,
  keysOfRules,
  type RequestParts,
  readyState,
  tokenRule,
} from './token-case.ts';

interface Difference {
  /** Both take this one, so that it is the difference that is refused below. */
  readonly taken: RequestParts;
  readonly refused: readonly RequestParts[];
  readonly rule?: Partial<TokenRule>;
  readonly refusedRule?: Partial<TokenRule>;
}

const good = makeToken('p256', { payload: GOOD_CLAIMS });
const taken = bearer(good);
const signed = (payload: string) => bearer(makeToken('p256', { payload }));
const ISS = `"iss":"${GOOD_CLAIMS.iss}"`;
const { kid: _kid, ...nameless } = testKey('p256').jwk;
const decoy = { ...testKey('p384').jwk, kid: undefined };
const small = smallRsa();
const output = { outputClaimToHeaders: [{ header: 'x-claim', claim: 'c' }] };

/** `key-set-json`, `rsa-size` and the like are differences of sets: what they leave out verifies nothing. */
const differences: Readonly<Record<string, Difference>> = {
  length: {
    taken,
    refused: [
      bearer(makeToken('p256', { payload: { ...GOOD_CLAIMS, filler: 'x'.repeat(LIMITS.tokenBytes) } })),
    ],
  },
  'prefix-spaces': {
    taken,
    refused: [`Bearer  ${good}`, `Bearer "${good}`].map((value) => ({ headers: [['authorization', value]] })),
  },
  dots: { taken, refused: [`.${good}`, `${good}.`, good.replace('.', '..')].map(bearer) },
  base64: { taken, refused: [`${good}==`, `${good.slice(0, -6)} ${good.slice(-6)}`].map(bearer) },
  json: {
    taken,
    refused: [`{${ISS},}`, `{'iss':'${GOOD_CLAIMS.iss}'}`, `{iss:"${GOOD_CLAIMS.iss}"}`].map(signed),
  },
  depth: { taken, refused: [signed(`{${ISS},"n":${'['.repeat(32)}${']'.repeat(32)}}`)] },
  crit: {
    taken,
    refused: [{ crit: ['x'] }, { b64: false }].map((header) =>
      bearer(makeToken('p256', { header, payload: GOOD_CLAIMS })),
    ),
  },
  nested: { taken, refused: [bearer(makeToken('p256', { header: { cty: 'JWT' }, payload: GOOD_CLAIMS }))] },
  dates: {
    taken: signed(`{${ISS},"exp":9007199254740991}`),
    refused: [signed(`{${ISS},"exp":9007199254740992}`)],
  },
  'exp-zero': {
    taken: signed(`{${ISS}}`),
    refused: [signed(`{${ISS},"exp":0}`), signed(`{${ISS},"exp":0.9}`)],
  },
  'key-fits': {
    taken: bearer(makeToken('p384', { payload: GOOD_CLAIMS })),
    refused: [
      bearer(makeToken('p384', { header: { alg: 'ES256' }, payload: GOOD_CLAIMS })),
      bearer(makeToken('p256', { header: { alg: 'RS256' }, payload: GOOD_CLAIMS })),
    ],
  },
  'ecdsa-length': { taken, refused: [bearer(withLongerNumbers())] },
  'symmetric-remote': {
    taken: bearer(makeToken('secret', { payload: GOOD_CLAIMS })),
    refused: [bearer(makeToken('secret', { payload: GOOD_CLAIMS }))],
    refusedRule: { keys: { kind: 'uri', keySetId: 'remote', jwksUri: 'https://k', timeoutMillis: 1 } },
  },
  'key-use': { taken, refused: [taken], refusedRule: keys({ ...testKey('p256').jwk, use: 'enc' }) },
  'rsa-size': { taken, refused: [bearer(small.token)], refusedRule: keys(small.jwk) },
  'keys-tried': {
    taken: bearer(makeToken('p256', { header: { kid: undefined }, payload: GOOD_CLAIMS })),
    refused: [bearer(makeToken('p256', { header: { kid: undefined }, payload: GOOD_CLAIMS }))],
    rule: keys(...Array.from({ length: LIMITS.keysTriedPerToken - 1 }, () => decoy), nameless),
    refusedRule: keys(...Array.from({ length: LIMITS.keysTriedPerToken }, () => decoy), nameless),
  },
  'key-set-json': {
    taken,
    refused: [taken],
    refusedRule: { keys: inline(`{"keys":[${JSON.stringify(testKey('p256').jwk)},]}`) },
  },
  'output-control': {
    taken: signed(`{${ISS},"c":"ab"}`),
    refused: [signed(`{${ISS},"c":"a\\nb"}`)],
    rule: output,
    refusedRule: output,
  },
  'output-rounded': {
    taken: signed(`{${ISS},"c":9007199254740991}`),
    refused: [signed(`{${ISS},"c":9007199254740993}`)],
    rule: output,
    refusedRule: output,
  },
};

describe('differences from Envoy', () => {
  it.each(TOKEN_DIVERGENCES)('$id: $sallyport', ({ id }) => {
    const difference = differences[id];
    expect(difference).toBeDefined();
    if (difference === undefined) {
      return;
    }
    const remote = { remote: readyState(jwksOf('secret', 'p256')) };
    const kindOf = (rule: Partial<TokenRule> | undefined, request: RequestParts): string => {
      const rules = [tokenRule(rule)];
      return judge(rules, request, { keys: keysOfRules(rules, remote) }).kind;
    };
    expect(kindOf(difference.rule, difference.taken)).toBe('pass');
    for (const request of difference.refused) {
      expect(kindOf(difference.refusedRule ?? difference.rule, request)).toBe('reject');
    }
  });

  it('has no test without a row', () => {
    const rows = new Set(TOKEN_DIVERGENCES.map(({ id }) => id));
    expect(rows.size).toBe(TOKEN_DIVERGENCES.length);
    expect(Object.keys(differences).filter((id) => !rows.has(id))).toEqual([]);
  });
});

function keys(...jwks: readonly Readonly<Record<string, unknown>>[]): Partial<TokenRule> {
  return { keys: inline(jwksOf(...jwks)) };
}

/** Both numbers with a zero byte before them: the same numbers to who halves. */
function withLongerNumbers(): string {
  const input = good.slice(0, good.lastIndexOf('.'));
  const signature = signatureOf(testKey('p256'), input);
  const zero = Buffer.alloc(1);
  return `${input}.${base64url(Buffer.concat([zero, signature.subarray(0, 32), zero, signature.subarray(32)]))}`;
}

/** A good token of a key that is too small. */
function smallRsa(): { readonly token: string; readonly jwk: Readonly<Record<string, unknown>> } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const input = `${base64url('{"alg":"RS256"}')}.${base64url(JSON.stringify(GOOD_CLAIMS))}`;
  const signature = sign('sha256', Buffer.from(input), privateKey);
  return { token: `${input}.${base64url(signature)}`, jwk: { ...publicKey.export({ format: 'jwk' }) } };
}
