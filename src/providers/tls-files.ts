import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SallyportError } from '../base/index.ts';
import type { SharedProviderOptions } from './options.ts';

/** What a connection to a service is verified by; `ca` undefined for the usual authorities. */
export interface ProviderTls {
  readonly ca: Buffer | undefined;
  readonly serverName: string | undefined;
}

/** Undefined without TLS. Rejects with `ERR_PROVIDER_CA`. */
export async function readProviderTls(
  name: string,
  tls: SharedProviderOptions['tls'],
): Promise<ProviderTls | undefined> {
  if (tls === undefined) {
    return undefined;
  }
  const { caFile, serverName } = tls;
  return { ca: caFile === undefined ? undefined : await readCa(name, caFile), serverName };
}

async function readCa(name: string, file: string): Promise<Buffer> {
  try {
    const pem = await readFile(file);
    // Reads the first of them; a file of anything else would trust nobody, and say so with each call only.
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw new SallyportError('ERR_PROVIDER_CA', `the CA file of provider \`${name}\` cannot be used`, {
      cause,
      hint: `check that \`${file}\` can be read and holds certificates (PEM)`,
    });
  }
}
