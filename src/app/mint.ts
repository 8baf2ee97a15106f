import { resolve } from 'node:path';
import { callAdmin } from '../admin/index.ts';
import { type Clock, dropEvents, errorCodeOf, InvalidFilesError, type Random } from '../base/index.ts';
import { newKeyPair } from '../ca/index.ts';
import { readSettings, type Settings } from '../config/index.ts';
import { createIssuer, type MintedX509, type MintRequest } from '../issuer/index.ts';
import { openState } from '../store/index.ts';
import { adminSocketPath } from './identity-control.ts';

export interface MintInput {
  readonly settingsPath: string;
  readonly request: MintRequest;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Minted {
  readonly x509: MintedX509;
  /** Roots, DER. */
  readonly bundle: readonly Uint8Array[];
}

/**
 * Issues one X.509-SVID from the state folder of the settings: by the Sallyport that holds it, and on a folder
 * that nobody holds on its own, making the CA when there is none. Rejects with `InvalidFilesError`,
 * `ERR_STATE_*`, `ERR_ISSUER_*`, `ERR_ADMIN_*`.
 */
export async function mintX509({ settingsPath, request, clock, random }: MintInput): Promise<Minted> {
  const { value: settings, diagnostics } = await readSettings(resolve(settingsPath));
  if (settings === undefined) {
    throw new InvalidFilesError(diagnostics);
  }
  try {
    return await mintAlone(settings, { request, clock, random });
  } catch (error) {
    if (errorCodeOf(error) !== 'ERR_STATE_LOCKED') {
      throw error;
    }
    return mintByOther(settings, { request, clock, random });
  }
}

type Wish = Omit<MintInput, 'settingsPath'>;

async function mintAlone(
  { stateDir, trustDomain, ca }: Settings,
  { request, clock, random }: Wish,
): Promise<Minted> {
  const state = openState(stateDir);
  try {
    const issuer = await createIssuer({ state, trustDomain, options: ca, clock, random, events: dropEvents });
    try {
      return { x509: await issuer.mintX509(request), bundle: issuer.bundle().x509Authorities };
    } finally {
      issuer.stop();
    }
  } finally {
    state.close();
  }
}

/** Through the Sallyport that holds the folder, so that its inventory knows; the key stays here. */
async function mintByOther({ stateDir, ca }: Settings, { request }: Wish): Promise<Minted> {
  const keyPair = request.csrDer === undefined ? await newKeyPair(ca.keyType) : undefined;
  const answer = await callAdmin(adminSocketPath(stateDir), 'mint.x509', {
    spiffeId: request.spiffeId.uri,
    dnsNames: request.dnsNames,
    ...(request.ttlSeconds === undefined ? {} : { ttlSeconds: request.ttlSeconds }),
    ...(keyPair === undefined
      ? { csr: Buffer.from(request.csrDer ?? []).toString('base64') }
      : { publicKey: Buffer.from(keyPair.publicKeyDer).toString('base64') }),
  });
  const { certificates, bundle, ...rest } = answer as Omit<MintedX509, 'certificates'> & {
    readonly certificates: readonly string[];
    readonly bundle: readonly string[];
  };
  const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
  return {
    x509: {
      ...rest,
      spiffeId: request.spiffeId,
      certificates: certificates.map(decode),
      privateKey: keyPair?.privateKeyDer,
    },
    bundle: bundle.map(decode),
  };
}
