import { describe, expect, it } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import { createForeignCa } from '../../../src/ca/index.ts';
import { verifySvid } from '../../../src/x509/index.ts';
import { FRONTEND, NOW, random, root, TRUST_DOMAIN } from './ca-parts.ts';

describe('a foreign CA', () => {
  it('issues what only its own bundle trusts', async () => {
    const ca = await createForeignCa(TRUST_DOMAIN, NOW, random);
    const { certificates, privateKey } = await ca.svid(FRONTEND);
    expect(privateKey.length).toBe(138);
    expect(verifySvid(certificates, ca.bundle, NOW).spiffeId.uri).toBe(FRONTEND.uri);
    const ours = { ...ca.bundle, x509Authorities: [root.certificate.der] };
    let code = 'accepted';
    try {
      verifySvid(certificates, ours, NOW);
    } catch (error) {
      code = errorCodeOf(error);
    }
    expect(code).toBe('ERR_X509_SVID_UNTRUSTED');
  });
});
