import { resolve } from 'node:path';
import { type Clock, dropEvents, errorCodeOf, InvalidFilesError, type Random } from '../base/index.ts';
import { readSettings, type Settings } from '../config/index.ts';
import { createIssuer, createMinter, type MintedX509, type MintRequest } from '../issuer/index.ts';
import { openState, readState } from '../store/index.ts';

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
 * Issues one X.509-SVID from the state folder of the settings. Beside a running Sallyport it only reads; on a
 * folder that nobody holds it makes the CA when there is none. Rejects with `InvalidFilesError`,
 * `ERR_STATE_*`, `ERR_ISSUER_*`.
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
    return mintBeside(settings, { request, clock, random });
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

async function mintBeside(
  { stateDir, trustDomain, ca }: Settings,
  { request, clock, random }: Wish,
): Promise<Minted> {
  const state = readState(stateDir);
  try {
    const minter = createMinter({ state, trustDomain, options: ca, clock, random, events: dropEvents });
    return { x509: await minter.mintX509(request), bundle: minter.bundle };
  } finally {
    state.close();
  }
}
