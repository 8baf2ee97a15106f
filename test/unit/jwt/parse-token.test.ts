import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TOKEN_DIVERGENCES } from '../../../src/jwt/divergences.ts';
import { makeToken } from '../../fakes/token-issuer.ts';
import { bearer, judge, tokenRule, verdictOf } from './token-case.ts';

interface ParseVector {
  readonly name: string;
  readonly header: string;
  readonly payload: string;
  readonly ours: string;
  readonly envoy: string;
  readonly divergence?: string;
}

const vectors = JSON.parse(readFileSync('test/vectors/jwt/parse.json', 'utf8')) as readonly ParseVector[];
const rules = [tokenRule()];

describe('parse.json', () => {
  it.each(vectors)('$name', ({ header, payload, ours }) => {
    expect(verdictOf(judge(rules, bearer(makeToken('p256', { header, payload }))))).toBe(ours);
  });

  it('passes nothing that Envoy refuses, and names each difference', () => {
    const known = new Set(TOKEN_DIVERGENCES.map(({ id }) => id));
    for (const { name, ours, envoy, divergence } of vectors) {
      if (ours !== envoy) {
        expect(ours, name).not.toBe('pass');
        expect(known, name).toContain(divergence);
      } else {
        expect(divergence, name).toBeUndefined();
      }
    }
  });

  it('has no name twice', () => {
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
  });
});
