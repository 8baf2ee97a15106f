import type { Site } from '../service/app/bed.ts';
import { fetchSecrets } from '../service/app/running.ts';

/** A certificate with its chain, and its key, PEM. */
export interface Pair {
  readonly certificateChainPem: string;
  readonly privateKeyPem: string;
}

/** Certificates and key of the SVID in an SDS answer: they are in it as PEM text. */
export async function ownSvid(site: Site): Promise<Pair & { readonly rootPem: string }> {
  const { resources } = await fetchSecrets(site, ['default', 'ROOTCA']);
  const blocks = resources.flatMap(({ value }) => {
    const text = Buffer.from(value).toString('latin1');
    return [...text.matchAll(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n?/g)].map(([pem]) => [pem]);
  });
  const pems = blocks.flat();
  const certificates = pems.filter((pem) => pem.includes('BEGIN CERTIFICATE'));
  return {
    certificateChainPem: certificates.slice(0, -1).join(''),
    privateKeyPem: pems.filter((pem) => pem.includes('PRIVATE KEY')).join(''),
    rootPem: certificates.slice(-1).join(''),
  };
}
