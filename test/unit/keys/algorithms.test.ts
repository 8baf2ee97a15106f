import { describe, expect, it } from 'vitest';
import { keysOptions } from '../../../src/keys/index.ts';

describe('the algorithms of an issuer', () => {
  it('are read by issuer, and none is the default', () => {
    const { algorithms } = keysOptions.parse({
      algorithms: { 'https://id.example.org': ['ES256', 'EdDSA'] },
    });
    expect([...algorithms]).toEqual([['https://id.example.org', ['ES256', 'EdDSA']]]);
    expect(keysOptions.parse(undefined).algorithms.size).toBe(0);
  });

  it.each([['none'], ['es256'], ['A128KW'], ['']])('cannot be %j', (algorithm) => {
    expect(keysOptions.safeParse({ algorithms: { issuer: [algorithm] } }).success).toBe(false);
  });

  it('cannot be an empty list, which would refuse every token', () => {
    expect(keysOptions.safeParse({ algorithms: { issuer: [] } }).success).toBe(false);
  });
});
