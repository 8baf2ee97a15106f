import { resolve } from 'node:path';
import { callAdmin } from '../admin/index.ts';
import { type Clock, dropEvents, errorCodeOf, InvalidFilesError, type Random } from '../base/index.ts';
import { newKeyPair } from '../ca/index.ts';
import { readSettings, type Settings } from '../config/index.ts';
import { parseSpiffeId } from '../identity/index.ts';
import {
  createIssuer,
  type JwtSvid,
  type JwtSvidRequest,
  type MintedX509,
  type MintRequest,
  type SallyportIssuer,
} from '../issuer/index.ts';
import { openState } from '../store/index.ts';
import { adminSocketPath } from './identity-control.ts';
import { openUpstream } from './upstream.ts';

export interface MintInput<Request> {
  readonly settingsPath: string;
  readonly request: Request;
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
export function mintX509(input: MintInput<MintRequest>): Promise<Minted> {
  const { request } = input;
  return byHolder(
    input,
    async (issuer) => ({ x509: await issuer.mintX509(request), bundle: issuer.bundle().x509Authorities }),
    (settings) => x509ByOther(settings, request),
  );
}

/** One JWT-SVID; otherwise like `mintX509`. */
export function mintJwt(input: MintInput<JwtSvidRequest>): Promise<JwtSvid> {
  const { spiffeId, audiences, ttlSeconds } = input.request;
  return byHolder(
    input,
    (issuer) => issuer.jwtSvid(input.request),
    async ({ stateDir }) => {
      const answer = await callAdmin(adminSocketPath(stateDir), 'mint.jwt', {
        spiffeId: spiffeId.uri,
        audiences,
        ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
      });
      const svid = answer as Omit<JwtSvid, 'spiffeId'> & { readonly spiffeId: string };
      return { ...svid, spiffeId: parseSpiffeId(svid.spiffeId) };
    },
  );
}

/** Does it here when nobody holds the state folder, else through the Sallyport that does. */
async function byHolder<T>(
  { settingsPath, clock, random }: Omit<MintInput<unknown>, 'request'>,
  alone: (issuer: SallyportIssuer) => Promise<T>,
  byOther: (settings: Settings) => Promise<T>,
): Promise<T> {
  const { value: settings, diagnostics } = await readSettings(resolve(settingsPath));
  if (settings === undefined) {
    throw new InvalidFilesError(diagnostics);
  }
  try {
    return await withIssuer(settings, { clock, random }, alone);
  } catch (error) {
    if (errorCodeOf(error) !== 'ERR_STATE_LOCKED') {
      throw error;
    }
    return byOther(settings);
  }
}

async function withIssuer<T>(
  settings: Settings,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  use: (issuer: SallyportIssuer) => Promise<T>,
): Promise<T> {
  const { stateDir, trustDomain, ca: options } = settings;
  const state = openState(stateDir);
  const upstream = openUpstream(settings, clock, dropEvents);
  try {
    const issuer = await createIssuer({
      state,
      trustDomain,
      options,
      upstream: upstream?.authority,
      clock,
      random,
      events: dropEvents,
    });
    try {
      return await use(issuer);
    } finally {
      issuer.stop();
    }
  } finally {
    await upstream?.stop();
    state.close();
  }
}

/** Through the Sallyport that holds the folder, so that its inventory knows; the key stays here. */
async function x509ByOther({ stateDir, ca }: Settings, request: MintRequest): Promise<Minted> {
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
