import { describe, expect, it } from 'vitest';
import { keysOptions } from '../../../src/keys/index.ts';

describe('keys settings', () => {
  it('have safe defaults', () => {
    const options = keysOptions.parse(undefined);
    expect(options).toMatchObject({
      allowHttp: false,
      allowCidrs: [],
      rsaBitsMin: 2048,
      caFiles: [],
      persist: false,
    });
    expect(options.maxAge.millis).toBe(24 * 3600 * 1000);
  });

  it.each([
    ['https://id.example.org', 'https://id.example.org'],
    ['https://id.example.org/', 'https://id.example.org'],
    ['https://ID.example.org:8443', 'https://id.example.org:8443'],
    ['https://id.example.org:443', 'https://id.example.org'],
  ])('take the origin %s', (origin, read) => {
    const options = keysOptions.parse({ caFiles: [{ origin, file: 'ca.pem' }] });
    expect(options.caFiles[0]?.origin).toBe(read);
  });

  it.each([
    'http://id.example.org',
    'https://id.example.org/jwks',
    'https://u@id.example.org',
    'id.example.org',
    '',
  ])('refuse the origin %s', (origin) => {
    expect(keysOptions.safeParse({ caFiles: [{ origin, file: 'ca.pem' }] }).success).toBe(false);
  });

  it.each([1023, 16_385, 2048.5])('refuse RSA keys of at least %s bits', (rsaBitsMin) => {
    expect(keysOptions.safeParse({ rsaBitsMin }).success).toBe(false);
  });
});
