import { createPrivateKey, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { errorText, SallyportError } from '../base/index.ts';
import { type Sign, signerOf } from '../ca/index.ts';
import { readPrivateFile, readSmallFile } from '../store/index.ts';
import { type Certificate, readCertificate, readPem } from '../x509/index.ts';
import type { UpstreamMaterial } from './upstream.ts';

/** The files of Istio's `cacerts`. */
const FILES = {
  certificate: 'ca-cert.pem',
  key: 'ca-key.pem',
  chain: 'cert-chain.pem',
  roots: 'root-cert.pem',
} as const;

/** Every file that `readCacerts` looks at, to be watched. */
export function cacertsPaths(folder: string, siblings: readonly string[]): readonly string[] {
  return [...Object.values(FILES).map((name) => join(folder, name)), ...siblings];
}

/**
 * Reads a folder as Istio has it: `ca-cert.pem` signs with `ca-key.pem`, `cert-chain.pem` leads from it upwards, and
 * `root-cert.pem` is what is trusted. The key of the root has no place there. `siblings` are files with
 * certificates of other CAs. Throws `ERR_ISSUER_UPSTREAM`, `ERR_STATE_KEY_OPEN`.
 */
export function readCacerts(folder: string, siblings: readonly string[]): UpstreamMaterial {
  const file = (name: string): string => join(folder, name);
  const [certificate, ...others] = certificatesOf(file(FILES.certificate));
  if (certificate === undefined || others.length > 0) {
    throw upstreamError(file(FILES.certificate), 'does not hold exactly one certificate');
  }
  const roots = certificatesOf(file(FILES.roots));
  const inChain = certificatesOf(file(FILES.chain));
  const isAmong = (list: readonly Certificate[], one: Certificate): boolean =>
    list.some(({ der }) => Buffer.compare(der, one.der) === 0);
  return {
    certificate,
    sign: signerOfFile(file(FILES.key), certificate),
    above: inChain.filter((one) => !isAmong([certificate, ...roots], one)),
    roots,
    siblings: siblings.flatMap(certificatesOf),
  };
}

function certificatesOf(path: string): readonly Certificate[] {
  try {
    return readPem(readSmallFile(path), 'CERTIFICATE').map(readCertificate);
  } catch (cause) {
    throw upstreamError(path, `cannot be used: ${errorText(cause)}`);
  }
}

function signerOfFile(path: string, certificate: Certificate): Sign {
  const bytes = readPrivateFile(path);
  if (bytes === undefined) {
    throw upstreamError(path, 'does not exist');
  }
  let privateKeyDer: Buffer;
  let publicKeyDer: Buffer;
  try {
    const key = createPrivateKey(Buffer.from(bytes));
    privateKeyDer = key.export({ format: 'der', type: 'pkcs8' });
    publicKeyDer = createPublicKey(key).export({ format: 'der', type: 'spki' });
  } catch {
    // Without a cause: what OpenSSL says about a key file could quote it.
    throw upstreamError(path, 'is not a private key in PEM');
  }
  if (!publicKeyDer.equals(certificate.publicKeyDer)) {
    throw upstreamError(path, `is not the key of \`${FILES.certificate}\``);
  }
  return signerOf(privateKeyDer);
}

function upstreamError(path: string, what: string): SallyportError {
  return new SallyportError('ERR_ISSUER_UPSTREAM', `\`${path}\` ${what}`, {
    hint: `a folder like Istio’s \`cacerts\`: ${Object.values(FILES).join(', ')}`,
  });
}
