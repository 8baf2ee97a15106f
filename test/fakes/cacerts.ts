import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** CAs made with the `openssl` command, as the tools of Istio make them: no URI names, leaves only. */
export interface CacertsMaker {
  /** Makes a root; its name is also its file. */
  root(name: string): void;
  /** Makes a CA under another one. */
  under(issuer: string, name: string, wish?: CaWish): void;
  pem(name: string): string;
  keyPem(name: string): string;
  /** Writes the four files: the CA that signs, what is above it, and the roots. */
  write(folder: string, signer: string, above: readonly string[], roots: readonly string[]): void;
}

export interface CaWish {
  readonly pathLength?: number;
  readonly isCa?: boolean;
  readonly days?: number;
  readonly altName?: string;
  readonly extensions?: readonly string[];
  readonly rsa?: boolean;
}

export function cacertsMaker(): CacertsMaker {
  const work = mkdtempSync(join(tmpdir(), 'sp-cacerts-'));
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: work, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = (rsa = false): readonly string[] =>
    rsa
      ? ['-newkey', 'rsa:2048', '-nodes']
      : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const pem = (name: string): string => readFileSync(join(work, `${name}.pem`), 'utf8');
  return {
    root(name) {
      openssl(
        ...['req', '-x509', ...newKey(), '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '3650'],
        ...['-subj', `/O=Istio/CN=Root CA ${name}`],
        ...['-addext', 'keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,keyCertSign'],
      );
    },
    under(issuer, name, wish = {}) {
      const { pathLength = 0, isCa = true, days = 730, extensions = [], rsa } = wish;
      const { altName = 'DNS:istiod.istio-system.svc' } = wish;
      const basic = isCa ? `CA:true,pathlen:${pathLength}` : 'CA:false';
      writeFileSync(
        join(work, `${name}.ext`),
        [
          'subjectKeyIdentifier=hash',
          'authorityKeyIdentifier=keyid',
          `basicConstraints=critical,${basic}`,
          'keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,keyCertSign',
          `subjectAltName=${altName}`,
          ...extensions,
          '',
        ].join('\n'),
      );
      openssl(
        ...['req', ...newKey(rsa), '-keyout', `${name}.key`, '-out', `${name}.csr`],
        ...['-subj', `/O=Istio/CN=Intermediate CA/L=${name}`],
      );
      openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`],
        ...['-CAcreateserial', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
        ...['-days', String(days)],
      );
    },
    pem,
    keyPem: (name) => readFileSync(join(work, `${name}.key`), 'utf8'),
    write(folder, signer, above, roots) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'ca-cert.pem'), pem(signer));
      writeFileSync(
        join(folder, 'cert-chain.pem'),
        [signer, ...above, ...roots.slice(0, 1)].map(pem).join(''),
      );
      writeFileSync(join(folder, 'root-cert.pem'), roots.map(pem).join(''));
      cpSync(join(work, `${signer}.key`), join(folder, 'ca-key.pem'));
      chmodSync(join(folder, 'ca-key.pem'), 0o600);
    },
  };
}
