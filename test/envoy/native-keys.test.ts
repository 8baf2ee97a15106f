import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtAuthnFilter } from '../../src/envoy/filters/jwt-authn.ts';
import { hasUsableKey } from '../../src/envoy/filters/limit-key-set.ts';
import type { EnvoyBinary } from '../../src/lab/index.ts';
import { testKey } from '../fakes/token-issuer.ts';
import { envoyWith } from '../parity/filters/envoy-with.ts';
import { envoyAtHand, validationProblems } from './envoy-at-hand.ts';

const { jwk: rsa } = testKey('rsa');
const { jwk: ec } = testKey('p256');
const { jwk: okp } = testKey('ed25519');

/** Key sets, and whether Envoy starts with a provider that has them alone. */
const SETS: readonly (readonly [string, readonly object[], boolean])[] = [
  ['no key', [], false],
  ['RSA', [rsa], true],
  ['RSA for encryption', [{ ...rsa, use: 'enc' }], true],
  ['RSA for operations of a signer', [{ ...rsa, key_ops: ['sign'] }], true],
  ['EC, and a point that is on no curve', [ec, { ...ec, x: okp['x'] }], true],
  ['a point that is on no curve', [{ ...ec, x: okp['x'] }], false],
  ['a curve that is not known', [{ ...ec, crv: 'secp256k1' }], false],
  ['Ed25519', [okp], true],
  ['X25519', [{ ...okp, crv: 'X25519' }], false],
  ['a secret', [testKey('secret').jwk], true],
  ['an algorithm of another type', [{ ...rsa, alg: 'ES256' }], false],
];

describe.each(['1.36', '1.40'] as const)('Envoy %s', (version) => {
  let folder = '';
  let envoy: EnvoyBinary;

  beforeAll(async () => {
    envoy = await envoyAtHand(version);
    folder = await mkdtemp(join(tmpdir(), 'sp-keys-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it.each(SETS)('is given no key set that it does not start with: %s', async (name, keys, starts) => {
    const jwks = JSON.stringify({ keys });
    expect(hasUsableKey(jwks)).toBe(starts);
    const filter = JSON.stringify(jwtAuthnFilter([withKeys(JSON.stringify({ keys: [rsa] }))], new Map()));
    const placed = filter.replace(
      /"inline_string":"(?:[^"\\]|\\.)*"/,
      () => `"inline_string":${JSON.stringify(jwks)}`,
    );
    const file = join(folder, `${name.replaceAll(/\W/g, '-')}.json`);
    await writeFile(file, JSON.stringify(envoyWith([{ transport: 'http', filter: JSON.parse(placed) }])));
    expect((await validationProblems(envoy, file)) === '').toBe(starts);
  });
});

function withKeys(jwks: string): Parameters<typeof jwtAuthnFilter>[0][number] {
  return {
    id: 'shop/keys#0',
    issuer: 'https://issuer.example',
    audiences: [],
    keys: { kind: 'inline', keySetId: 'inline:keys', jwks },
    fromHeaders: [],
    fromParams: [],
    fromCookies: [],
    forwardOriginalToken: false,
    outputPayloadToHeader: undefined,
    outputClaimToHeaders: [],
    spaceDelimitedClaims: [],
  };
}
