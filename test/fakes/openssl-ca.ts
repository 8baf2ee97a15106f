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
  const [certificatePem, keyPem] = inFolder({}, ['ca.pem', 'ca.key'], (openssl) =>
    openssl(
      ...['req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2'],
      ...['-subj', `/O=${name}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ),
  );
  return {
    certificatePem,
    issue(...altNames) {
      const given = { 'ca.pem': certificatePem, 'ca.key': keyPem, 'leaf.ext': extensions(altNames) };
      const [certificateChainPem, privateKeyPem] = inFolder(given, ['leaf.pem', 'leaf.key'], (openssl) => {
        openssl('req', ...NEW_KEY, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/O=leaf');
        openssl(
          ...['x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
          ...['-days', '1', '-extfile', 'leaf.ext', '-out', 'leaf.pem'],
        );
      });
      return { certificateChainPem, privateKeyPem };
    },
  };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function extensions(altNames: readonly string[]): string {
  return [
    'subjectAltName=critical,@names',
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth,clientAuth',
    '[names]',
    ...altNames.map((name, index) => name.replace(/^([A-Za-z]+):/, `$1.${index} = `)),
    '',
  ].join('\n');
}

/** Runs `openssl` in a folder that has `given` and is gone afterwards; the texts of the two files it made. */
function inFolder(
  given: Readonly<Record<string, string>>,
  made: readonly [string, string],
  run: (openssl: (...args: readonly string[]) => void) => void,
): readonly [string, string] {
  const folder = mkdtempSync(join(tmpdir(), 'sp-ca-'));
  try {
    for (const [name, text] of Object.entries(given)) {
      writeFileSync(join(folder, name), text);
    }
    run((...args) => {
      execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    });
    return [readFileSync(join(folder, made[0]), 'utf8'), readFileSync(join(folder, made[1]), 'utf8')];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
