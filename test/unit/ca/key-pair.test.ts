import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newKeyPair } from '../../../src/ca/index.ts';

describe('newKeyPair', () => {
  it.each([
    ['ec-p256', { namedCurve: 'prime256v1' }],
    ['ec-p384', { namedCurve: 'secp384r1' }],
    ['rsa-2048', { modulusLength: 2048 }],
  ] as const)('makes a key of type %s that OpenSSL reads and writes the same', async (keyType, details) => {
    const pair = await newKeyPair(keyType);
    const key = createPrivateKey({ key: Buffer.from(pair.privateKeyDer), format: 'der', type: 'pkcs8' });
    expect(key.asymmetricKeyDetails).toMatchObject(details);
    expect(key.export({ format: 'der', type: 'pkcs8' }).equals(pair.privateKeyDer)).toBe(true);
    const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
    expect(publicKey.equals(pair.publicKeyDer)).toBe(true);
  });

  it('pads the short numbers that come once in a few hundred keys', async () => {
    for (let count = 0; count < 1200; count += 1) {
      const pair = await newKeyPair('ec-p256');
      expect(pair.privateKeyDer.length).toBe(138);
      const scalar = pair.privateKeyDer.subarray(36, 68);
      if (scalar[0] === 0) {
        const key = createPrivateKey({ key: Buffer.from(pair.privateKeyDer), format: 'der', type: 'pkcs8' });
        const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
        expect(publicKey.equals(pair.publicKeyDer)).toBe(true);
      }
    }
  });
});
