import { errorCodeOf, LIMITS, SallyportError } from '../base/index.ts';
import type { Caller } from '../grpc/index.ts';
import { readSpiffeId } from '../identity/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';
import { entriesOf } from './caller-entries.ts';
import { type StructMessage, structOfClaims } from './claims-struct.ts';
import type { JwtSvidRequestMessage, JwtSvidResponse, ValidateJwtSvidRequest } from './messages.ts';
import type { World } from './world.ts';

/**
 * Tokens for the identities of a caller, or for the one it names. Rejects with `ERR_WORKLOAD_API_AUDIENCE`,
 * `_SPIFFE_ID`, `_NO_IDENTITY`, `_NOT_READY`, and `ERR_LIMIT_EXCEEDED`.
 */
export async function fetchJwtSvids(
  request: JwtSvidRequestMessage,
  caller: Caller,
  world: World,
): Promise<JwtSvidResponse> {
  const audiences = audiencesOf(request.audience);
  const wanted = request.spiffe_id;
  if (wanted !== '' && readSpiffeId(wanted) === undefined) {
    throw new SallyportError('ERR_WORKLOAD_API_SPIFFE_ID', 'a token was asked for what is no SPIFFE ID');
  }
  const entries = onePerId(await entriesOf(caller, world)).filter(
    ({ spiffeId }) => wanted === '' || spiffeId.uri === wanted,
  );
  if (entries.length === 0) {
    throw new SallyportError(
      'ERR_WORKLOAD_API_NO_IDENTITY',
      'the caller does not have the identity it names',
    );
  }
  return { svids: await Promise.all(entries.map((entry) => issue(entry, audiences, world))) };
}

/**
 * What a token says when it may be believed; any process that reaches the socket may ask. Throws
 * `ERR_WORKLOAD_API_AUDIENCE`, `ERR_ISSUER_JWT_SVID`.
 */
export function validateJwtSvid(
  { audience, svid }: ValidateJwtSvidRequest,
  { tokens }: World,
): { readonly spiffe_id: string; readonly claims: StructMessage } {
  const [asked = ''] = audiencesOf([audience]);
  const { spiffeId, claims } = tokens.validateJwtSvid(svid, asked);
  return { spiffe_id: spiffeId.uri, claims: structOfClaims(claims) };
}

async function issue(
  entry: RegistrationEntry,
  audiences: readonly string[],
  { tokens, events }: World,
): Promise<JwtSvidResponse['svids'][number]> {
  const { spiffeId, jwtTtlSeconds, hint } = entry;
  try {
    const { token } = await tokens.jwtSvid({ spiffeId, audiences, ttlSeconds: jwtTtlSeconds });
    return { spiffe_id: spiffeId.uri, svid: token, hint };
  } catch (cause) {
    events({
      level: 'error',
      event: 'spiffe.issuance_failed',
      message: 'a token that a caller asks for could not be issued',
      fields: { spiffeId: spiffeId.uri, code: errorCodeOf(cause) },
      error: cause,
    });
    throw new SallyportError('ERR_WORKLOAD_API_NOT_READY', 'a token could not be issued', { cause });
  }
}

function audiencesOf(audiences: readonly string[]): readonly string[] {
  if (audiences.length === 0 || audiences.includes('')) {
    throw new SallyportError('ERR_WORKLOAD_API_AUDIENCE', 'a token was asked for without an audience');
  }
  const bytes = audiences.reduce((sum, audience) => sum + Buffer.byteLength(audience), 0);
  if (audiences.length > LIMITS.audiences || bytes > LIMITS.audienceBytes) {
    throw new SallyportError('ERR_LIMIT_EXCEEDED', 'a token was asked for with too many audiences');
  }
  return audiences;
}

/** Entries with the same ID differ in their certificates alone. */
function onePerId(entries: readonly RegistrationEntry[]): readonly RegistrationEntry[] {
  const ids = new Set<string>();
  return entries.filter(({ spiffeId }) => {
    const isNew = !ids.has(spiffeId.uri);
    ids.add(spiffeId.uri);
    return isNew;
  });
}
