import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dropEvents, systemClock, systemRandom } from '../../src/base/index.ts';
import { createForeignCa } from '../../src/ca/index.ts';
import { caOptions } from '../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../src/identity/index.ts';
import { createIssuer } from '../../src/issuer/index.ts';
import { openState } from '../../src/store/index.ts';
import { writePem } from '../../src/x509/index.ts';
import { opensslCa } from '../fakes/openssl-ca.ts';
import type { CertificateName } from './case.ts';

/** The identities of our own trust domain that callers have. */
export const OWN_PATHS = {
  front: '/ns/web/sa/front',
  front2: '/ns/web/sa/front2',
  frontUpper: '/ns/web/sa/Front',
  cart: '/ns/shop/sa/cart',
  dots: '/ns/a.b/sa/c.d',
  noDots: '/ns/axb/sa/cxd',
  deep: '/x/ns/web/y/sa/front/z',
  flat: '/front',
} as const;

export type OwnName = keyof typeof OWN_PATHS;

/** A trust domain that no mesh here has, not as an alias either. */
export const FOREIGN_DOMAIN = 'td3';

/** What one side of a connection shows, PEM. */
export interface TlsIdentity {
  readonly chainPem: string;
  readonly keyPem: string;
}

/** The certificates around one trust domain. */
export interface Certificates {
  /** Of a Sallyport whose CA has signed the own ones: to be copied. */
  readonly stateFolder: string;
  /** Everything that Envoy believes. */
  readonly rootsPem: string;
  readonly server: TlsIdentity;
  /** The names that Envoy sees in it, in its order. */
  readonly clients: ReadonlyMap<CertificateName, TlsIdentity & { readonly names: readonly string[] }>;
}

export async function makeCertificates(folder: string, trustDomain: string): Promise<Certificates> {
  mkdirSync(folder, { recursive: true });
  const stateFolder = join(folder, 'state');
  const own = await mintOwn(stateFolder, trustDomain);
  const foreign = await createForeignCa(
    parseTrustDomain(FOREIGN_DOMAIN),
    Math.floor(systemClock.nowMillis() / 1000),
    systemRandom,
  );
  const foreignName = `spiffe://${FOREIGN_DOMAIN}${OWN_PATHS.front}`;
  const stranger = await foreign.svid(parseSpiffeId(foreignName));
  const odd = opensslCa('parity');
  const issueOdd = (...names: readonly string[]) => {
    const { certificateChainPem, privateKeyPem } = odd.issue(...names);
    return {
      chainPem: certificateChainPem,
      keyPem: privateKeyPem,
      names: names.map((name) => name.slice(name.indexOf(':') + 1)),
    };
  };
  return {
    stateFolder,
    rootsPem: [...pems([...own.roots, ...foreign.bundle.x509Authorities]), odd.certificatePem].join(''),
    server: own.server,
    clients: new Map([
      ...own.clients,
      ['foreign', { ...identity(stranger.certificates, stranger.privateKey), names: [foreignName] }],
      [
        'severalUris',
        issueOdd(
          `URI:spiffe://${trustDomain}/ns/web/sa/other`,
          `URI:spiffe://${trustDomain}${OWN_PATHS.front}`,
        ),
      ],
      ['dnsOnly', issueOdd('DNS:front.example')],
      ['notSpiffe', issueOdd(`URI:spiffe://${trustDomain}/ns/web/../web/sa/front`)],
    ]),
  };
}

async function mintOwn(stateFolder: string, trustDomain: string) {
  const state = openState(stateFolder);
  const issuer = await createIssuer({
    state,
    trustDomain: parseTrustDomain(trustDomain),
    options: caOptions.parse({}),
    clock: systemClock,
    random: systemRandom,
    events: dropEvents,
  });
  try {
    const mint = async (path: string) => {
      const name = `spiffe://${trustDomain}${path}`;
      const svid = await issuer.mintX509({
        spiffeId: parseSpiffeId(name),
        dnsNames: [],
        ttlSeconds: DAY_SECONDS,
      });
      return { ...identity(svid.certificates, svid.privateKey ?? new Uint8Array()), names: [name] };
    };
    const clients = new Map<CertificateName, Awaited<ReturnType<typeof mint>>>();
    for (const [name, path] of Object.entries(OWN_PATHS)) {
      clients.set(name as OwnName, await mint(path));
    }
    return { clients, server: await mint('/ns/web/sa/orders'), roots: issuer.bundle().x509Authorities };
  } finally {
    issuer.stop();
    state.close();
  }
}

const DAY_SECONDS = 24 * 60 * 60;

function identity(chain: readonly Uint8Array[], key: Uint8Array): TlsIdentity {
  return { chainPem: writePem('CERTIFICATE', chain), keyPem: writePem('PRIVATE KEY', [key]) };
}

function pems(certificates: readonly Uint8Array[]): readonly string[] {
  return certificates.map((der) => writePem('CERTIFICATE', [der]));
}
