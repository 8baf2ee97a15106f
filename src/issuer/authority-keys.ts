import { createPublicKey } from 'node:crypto';
import { SallyportError } from '../base/index.ts';
import { type KeyPair, type Sign, signerOf } from '../ca/index.ts';
import { KEYS_FOLDER, type State } from '../store/index.ts';
import { type Certificate, readPem, writePem } from '../x509/index.ts';

const LABEL = 'PRIVATE KEY';

/** Keeps the key of an authority before its certificate is known to anybody. */
export function keepKey(state: State, id: string, keyPair: KeyPair): void {
  state.writePrivate(nameOf(id), Buffer.from(writePem(LABEL, [keyPair.privateKeyDer])));
}

export function removeKey(state: State, id: string): void {
  state.remove(nameOf(id));
}

/**
 * The signer of an authority, from its key file. Throws `ERR_ISSUER_KEY_MISSING`, `ERR_ISSUER_KEY` when
 * the file is no key or that of another certificate, `ERR_STATE_KEY_OPEN`.
 */
export function loadSigner(state: State, id: string, certificate: Certificate): Sign {
  const path = `${state.folder}/${nameOf(id)}`;
  const bytes = state.readPrivate(nameOf(id));
  if (bytes === undefined) {
    throw new SallyportError('ERR_ISSUER_KEY_MISSING', `the CA key \`${path}\` is missing`, {
      hint: 'restore it from a backup, or set `stateDir` to a new folder for a new CA',
    });
  }
  let sign: Sign;
  let publicKeyDer: Buffer;
  try {
    const pem = Buffer.from(bytes).toString('latin1');
    const [privateKeyDer = new Uint8Array()] = readPem(pem, LABEL);
    publicKeyDer = createPublicKey(pem).export({ format: 'der', type: 'spki' });
    sign = signerOf(privateKeyDer);
  } catch {
    throw badKey(path, 'is not a PKCS #8 key in PEM');
  }
  if (!publicKeyDer.equals(certificate.publicKeyDer)) {
    throw badKey(path, 'is not the key of its certificate');
  }
  return sign;
}

function nameOf(id: string): string {
  return `${KEYS_FOLDER}/${id}.pem`;
}

/** Without a cause: what OpenSSL says about a key file could quote it. */
function badKey(path: string, message: string): SallyportError {
  return new SallyportError('ERR_ISSUER_KEY', `the CA key \`${path}\` ${message}`, {
    hint: 'restore it from a backup, or set `stateDir` to a new folder for a new CA',
  });
}
