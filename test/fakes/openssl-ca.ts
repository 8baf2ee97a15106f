import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A CA made with the `openssl` command: certificates that none of our own code has written. */
export interface OpensslCa {
  readonly certificatePem: string;
  /** A P-256 leaf with these subject alternative names, each in openssl's words: `URI:spiffe://…`, `DNS:…`. */
  issue(...altNames: readonly string[]): {
    readonly certificateChainPem: string;
    readonly privateKeyPem: string;
  };
}

export function opensslCa(name: string): OpensslCa {
  const folder = mkdtempSync(join(tmpdir(), 'sp-ca-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = (leaf: string): string => join(folder, leaf);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    ...[
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      `/O=${name}`,
    ],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  let count = 0;
  return {
    certificatePem: readFileSync(file('ca.pem'), 'utf8'),
    issue(...altNames) {
      count += 1;
      const [key, request, leaf, extensions] = ['key', 'csr', 'pem', 'ext'].map(
        (end) => `${count}.${end}`,
      ) as [string, string, string, string];
      writeFileSync(
        file(extensions),
        [
          'subjectAltName=critical,@names',
          'basicConstraints=critical,CA:FALSE',
          'keyUsage=critical,digitalSignature',
          'extendedKeyUsage=serverAuth,clientAuth',
          '[names]',
          ...altNames.map((name, index) => name.replace(/^([A-Za-z]+):/, `$1.${index} = `)),
          '',
        ].join('\n'),
      );
      openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', '/O=leaf');
      openssl(
        ...['x509', '-req', '-in', request, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', '1', '-extfile', extensions, '-out', leaf],
      );
      return {
        certificateChainPem: readFileSync(file(leaf), 'utf8'),
        privateKeyPem: readFileSync(file(key), 'utf8'),
      };
    },
  };
}
