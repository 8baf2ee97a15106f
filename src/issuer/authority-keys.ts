import { createPrivateKey, createPublicKey } from 'node:crypto';
import { SallyportError } from '../base/index.ts';
import { type KeyPair, type Sign, signerOf } from '../ca/index.ts';
import { KEYS_FOLDER, readPrivateFile, type State } from '../store/index.ts';
import { type Certificate, writePem } from '../x509/index.ts';

/** What CA keys are encrypted with at rest; undefined leaves them as they are. Never logged. */
export type Passphrase = Uint8Array | undefined;

const CIPHER = 'aes-256-cbc';
const NEWLINE = 0x0a;

/**
 * The first line of a file that only its owner may read. Throws `ERR_ISSUER_PASSPHRASE`, `ERR_STATE_KEY_OPEN`.
 */
export function readPassphrase(path: string | undefined): Passphrase {
  if (path === undefined) {
    return undefined;
  }
  const bytes = readPrivateFile(path) ?? new Uint8Array();
  const end = bytes.indexOf(NEWLINE);
  const passphrase = end === -1 ? bytes : bytes.subarray(0, end);
  if (passphrase.length === 0) {
    throw new SallyportError('ERR_ISSUER_PASSPHRASE', `\`${path}\` holds no passphrase`, {
      hint: 'write it into the first line, or take `ca.passphraseFile` out of the settings',
    });
  }
  return passphrase;
}

/** Keeps the key of an authority before its certificate is known to anybody. */
export function keepKey(state: State, id: string, keyPair: KeyPair, passphrase: Passphrase): void {
  const { privateKeyDer } = keyPair;
  const pem =
    passphrase === undefined
      ? writePem('PRIVATE KEY', [privateKeyDer])
      : createPrivateKey({ key: Buffer.from(privateKeyDer), format: 'der', type: 'pkcs8' }).export({
          format: 'pem',
          type: 'pkcs8',
          cipher: CIPHER,
          passphrase: Buffer.from(passphrase),
        });
  state.writePrivate(nameOf(id), Buffer.from(pem));
}

export function removeKey(state: State, id: string): void {
  state.remove(nameOf(id));
}

/** The signer of an authority. Throws like `loadPrivateKey`. */
export function loadSigner(state: State, id: string, certificate: Certificate, passphrase: Passphrase): Sign {
  return signerOf(loadPrivateKey(state, id, certificate.publicKeyDer, passphrase));
}

/**
 * The key of an authority (PKCS #8 DER) from its file; one that is not encrypted yet is taken too. Throws
 * `ERR_ISSUER_KEY_MISSING`, `ERR_ISSUER_KEY` when the file is no key, not of this passphrase or that of
 * another public key, `ERR_STATE_KEY_OPEN`.
 */
export function loadPrivateKey(
  state: State,
  id: string,
  wantedPublicKeyDer: Uint8Array,
  passphrase: Passphrase,
): Uint8Array {
  const path = `${state.folder}/${nameOf(id)}`;
  const bytes = state.readPrivate(nameOf(id));
  if (bytes === undefined) {
    throw new SallyportError('ERR_ISSUER_KEY_MISSING', `the CA key \`${path}\` is missing`, {
      hint: 'restore it from a backup, or set `stateDir` to a new folder for a new CA',
    });
  }
  const pem = Buffer.from(bytes).toString('latin1');
  const isEncrypted = pem.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----');
  if (isEncrypted && passphrase === undefined) {
    throw badKey(path, 'is encrypted', 'name the file with its passphrase as `ca.passphraseFile`');
  }
  if (!isEncrypted && !pem.startsWith('-----BEGIN PRIVATE KEY-----')) {
    throw badKey(path, 'is not a PKCS #8 key in PEM');
  }
  let privateKeyDer: Uint8Array;
  let publicKeyDer: Buffer;
  try {
    const key = createPrivateKey({
      key: pem,
      ...(isEncrypted && passphrase !== undefined ? { passphrase: Buffer.from(passphrase) } : {}),
    });
    publicKeyDer = createPublicKey(key).export({ format: 'der', type: 'spki' });
    privateKeyDer = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
  } catch {
    throw isEncrypted
      ? badKey(path, 'cannot be opened with the passphrase', 'correct `ca.passphraseFile`')
      : badKey(path, 'is not a PKCS #8 key in PEM');
  }
  if (!publicKeyDer.equals(wantedPublicKeyDer)) {
    throw badKey(path, 'is not the key of its certificate');
  }
  return privateKeyDer;
}

function nameOf(id: string): string {
  return `${KEYS_FOLDER}/${id}.pem`;
}

const RESTORE = 'restore it from a backup, or set `stateDir` to a new folder for a new CA';

/** Without a cause: what OpenSSL says about a key file could quote it. */
function badKey(path: string, message: string, hint: string = RESTORE): SallyportError {
  return new SallyportError('ERR_ISSUER_KEY', `the CA key \`${path}\` ${message}`, { hint });
}
