import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bearer, inline, judge, tokenRule } from './token-case.ts';

interface SignatureVectors {
  readonly jwks: { readonly keys: readonly unknown[] };
  readonly vectors: readonly {
    readonly name: string;
    readonly algorithm: string;
    readonly token: string;
    readonly valid: boolean;
  }[];
}

const file = JSON.parse(readFileSync('test/vectors/jwt/signatures.json', 'utf8')) as SignatureVectors;
const rsaFirst = [tokenRule({ keys: inline(JSON.stringify(file.jwks)) })];
const reversed = { keys: [...file.jwks.keys].reverse() };
const rsaLast = [tokenRule({ keys: inline(JSON.stringify(reversed)) })];

describe('signatures.json', () => {
  it.each(file.vectors)('$algorithm $name', ({ token, valid }) => {
    expect(judge(rsaFirst, bearer(token)).kind).toBe(valid ? 'pass' : 'reject');
    const outcome = judge(rsaLast, bearer(token));
    // An Ed25519 key that comes first ends the search for any signature that is not 64 bytes long, as in Envoy.
    const endsEarly = outcome.kind === 'reject' && outcome.body === 'Jwt ED25519 signature is wrong length';
    expect(endsEarly || outcome.kind === (valid ? 'pass' : 'reject')).toBe(true);
  });

  it('has every algorithm with a good and many bad signatures', () => {
    const algorithms = new Set(file.vectors.map(({ algorithm }) => algorithm));
    expect(algorithms.size).toBe(10);
    for (const algorithm of algorithms) {
      const own = file.vectors.filter((vector) => vector.algorithm === algorithm);
      expect(own.some(({ valid }) => valid)).toBe(true);
      expect(own.filter(({ valid }) => !valid).length).toBeGreaterThanOrEqual(13);
    }
  });
});
