import { SallyportError } from '../base/index.ts';
import { type SpiffeId, spiffeIdOf, type TrustDomain } from '../identity/index.ts';

const RESERVED_PATH = '/sallyport';

/** Whether an ID is under `/sallyport`, which is Sallyport's own: no entry may use it. */
export function isReservedId(id: SpiffeId): boolean {
  return id.path === RESERVED_PATH || id.path.startsWith(`${RESERVED_PATH}/`);
}

/** The identity of Sallyport itself on TCP. */
export function serverIdOf(trustDomain: TrustDomain): SpiffeId {
  return spiffeIdOf(trustDomain, `${RESERVED_PATH}/server`);
}

/** Refuses what must never be issued to anybody else. Throws `ERR_ISSUER_ID`. */
export function checkIssuableId(id: SpiffeId, trustDomain: TrustDomain): void {
  if (id.trustDomain !== trustDomain) {
    throw new SallyportError(
      'ERR_ISSUER_ID',
      `\`${id.uri}\` is not of the trust domain \`${trustDomain}\` that this CA is for`,
    );
  }
  if (id.path === '') {
    throw new SallyportError('ERR_ISSUER_ID', `\`${id.uri}\` has no path, which is for CAs alone`);
  }
  if (isReservedId(id)) {
    throw new SallyportError('ERR_ISSUER_ID', `\`${id.uri}\` is under \`/sallyport\`, which is reserved`, {
      hint: 'choose another path',
    });
  }
}
