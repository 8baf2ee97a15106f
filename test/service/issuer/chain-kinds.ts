import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { CA_KEY_TYPES, type CaKeyType, createForeignCa } from '../../../src/ca/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { createIssuer, readCacerts, type SallyportIssuer } from '../../../src/issuer/index.ts';
import { openState } from '../../../src/store/index.ts';
import { writePem } from '../../../src/x509/index.ts';
import { cacertsMaker } from '../../fakes/cacerts.ts';

/** Files of one kind of chain: the trusted roots, and the leaf with its intermediates. */
export interface ChainKind {
  readonly name: string;
  readonly roots: string;
  readonly chain: string;
  /** Undefined where the leaf is right under the root. */
  readonly intermediates: string | undefined;
  /** Undefined where the key stayed with whoever asked. */
  readonly key: string | undefined;
  /** A file for each certificate that we made. */
  readonly ours: readonly string[];
}

interface Chain {
  readonly certificates: readonly Uint8Array[];
  readonly privateKey?: Uint8Array | undefined;
}

const TRUST_DOMAIN = parseTrustDomain('example.org');
const SPIFFE_ID = parseSpiffeId('spiffe://example.org/ns/web/sa/frontend');
const REQUEST = { spiffeId: SPIFFE_ID, dnsNames: ['frontend', '*.web.example.org'], ttlSeconds: 60 };

/** Every kind of chain that Sallyport makes, as files in `folder`; the last is of a CA that nobody trusts. */
export async function makeChainKinds(folder: string): Promise<readonly ChainKind[]> {
  const kinds: ChainKind[] = [];
  const keep = (name: string, roots: readonly Uint8Array[], chain: Chain, foreignAbove = false): void => {
    kinds.push(writeKind(folder, name, roots, chain, foreignAbove));
  };
  for (const keyType of CA_KEY_TYPES) {
    await withIssuer(folder, keyType, keyType, undefined, async (issuer) => {
      const roots = issuer.bundle().x509Authorities;
      keep(keyType, roots, await issuer.x509Svid(REQUEST));
      keep(`${keyType}-without-dns-names`, roots, await issuer.x509Svid({ ...REQUEST, dnsNames: [] }));
      for (const [name, publicKeyDer] of otherKeys()) {
        keep(`${keyType}-for-${name}`, roots, await issuer.mintX509({ ...REQUEST, publicKeyDer }));
      }
    });
  }
  for (const [name, cacerts] of makeCacerts(folder)) {
    await withIssuer(folder, name, 'ec-p256', cacerts, async (issuer) => {
      keep(name, issuer.bundle().x509Authorities, await issuer.x509Svid(REQUEST), true);
    });
  }
  const foreign = await createForeignCa(TRUST_DOMAIN, systemClock.nowMillis() / 1000, systemRandom);
  keep('foreign', foreign.bundle.x509Authorities, await foreign.svid(SPIFFE_ID));
  return kinds;
}

/** Keys that somebody brings along. */
function otherKeys(): readonly (readonly [string, Uint8Array])[] {
  const spki = { publicKeyEncoding: { format: 'der', type: 'spki' } } as const;
  const pkcs8 = { privateKeyEncoding: { format: 'der', type: 'pkcs8' } } as const;
  const ec = generateKeyPairSync('ec', { namedCurve: 'secp384r1', ...spki, ...pkcs8 });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, ...spki, ...pkcs8 });
  return [
    ['a-p384-key', new Uint8Array(ec.publicKey)],
    ['an-rsa-key', new Uint8Array(rsa.publicKey)],
  ];
}

/** CAs of others in Istio's layout: by a root alone, under a root, and under one more. */
function makeCacerts(folder: string): readonly (readonly [string, string])[] {
  const ca = cacertsMaker();
  ca.root('top');
  ca.under('top', 'first');
  ca.under('top', 'rsa', { rsa: true });
  ca.under('top', 'policy', { pathLength: 1 });
  ca.under('policy', 'issuing');
  const at = (name: string, signer: string, above: readonly string[] = []): readonly [string, string] => {
    const path = join(folder, `${name}.cacerts`);
    ca.write(path, signer, above, ['top']);
    return [name, path];
  };
  return [
    at('cacerts-root-alone', 'top'),
    at('cacerts-intermediate', 'first'),
    at('cacerts-rsa-intermediate', 'rsa'),
    at('cacerts-two-intermediates', 'issuing', ['policy']),
  ];
}

async function withIssuer(
  folder: string,
  name: string,
  keyType: CaKeyType,
  cacerts: string | undefined,
  use: (issuer: SallyportIssuer) => Promise<void>,
): Promise<void> {
  const state = openState(join(folder, `${name}.state`));
  const upstream = { name, load: () => readCacerts(cacerts ?? '', []), onChange: () => () => undefined };
  try {
    const issuer = await createIssuer({
      state,
      trustDomain: TRUST_DOMAIN,
      options: caOptions.parse({ keyType }),
      clock: systemClock,
      random: systemRandom,
      events: () => {},
      ...(cacerts === undefined ? {} : { upstream }),
    });
    await use(issuer);
    issuer.stop();
  } finally {
    state.close();
  }
}

function writeKind(
  folder: string,
  name: string,
  roots: readonly Uint8Array[],
  { certificates, privateKey }: Chain,
  foreignAbove: boolean,
): ChainKind {
  const write = (part: string, text: string): string => {
    const path = join(folder, `${name}.${part}.pem`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const ours = foreignAbove ? certificates.slice(0, 1) : [...certificates, ...roots];
  return {
    name,
    roots: write('roots', writePem('CERTIFICATE', roots)),
    chain: write('chain', writePem('CERTIFICATE', certificates)),
    intermediates:
      certificates.length === 1
        ? undefined
        : write('intermediates', writePem('CERTIFICATE', certificates.slice(1))),
    key: privateKey === undefined ? undefined : write('key', writePem('PRIVATE KEY', [privateKey])),
    ours: ours.map((der, index) => write(`ours-${index}`, writePem('CERTIFICATE', [der]))),
  };
}
