import { isUtf8 } from 'node:buffer';
import type { ProviderAnswer, ProviderMutations } from '../authz/index.ts';
import { LIMITS } from '../base/index.ts';
import { decodeHeaderValue, type HeaderToSet, type RequestHeaderMutation } from '../proto/index.ts';
import { denialStatus, failed, HOP_BY_HOP, NO_MUTATIONS, sendable } from './answer.ts';
import { type HeaderPattern, matchesAny } from './header-pattern.ts';
import type { HttpProviderOptions } from './options.ts';

export interface HttpAnswer {
  readonly status: number;
  /** Name, value, name, value, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** What an answer means: 200 allows, 5xx is no verdict, the rest denies. No redirect is followed. */
export function answerOfHttp(
  { status, rawHeaders, body }: HttpAnswer,
  options: HttpProviderOptions,
): ProviderAnswer {
  if (status >= 500) {
    return failed('status', `the provider answered with the status ${status}`);
  }
  const headers = sendable(pairsOf(rawHeaders));
  if (headers === undefined || headers.length > LIMITS.providerReplyHeaders) {
    return failed('reply', 'the answer has a header that cannot be sent, or too many');
  }
  return status === 200
    ? { kind: 'allow', mutations: mutationsOf(headers, options), metadata: {} }
    : {
        kind: 'deny',
        httpStatus: denialStatus(status),
        ...denialOf(headers, body, options.headersToDownstreamOnDeny),
        metadata: {},
      };
}

function pairsOf(rawHeaders: readonly string[]): readonly HeaderToSet[] {
  const pairs: HeaderToSet[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const value = Buffer.from(rawHeaders[index + 1] ?? '', 'latin1');
    pairs.push({ name: rawHeaders[index] ?? '', value: decodeHeaderValue(value, 0, value.length) });
  }
  return pairs;
}

const REMOVE = 'x-envoy-auth-headers-to-remove';

function mutationsOf(headers: readonly HeaderToSet[], options: HttpProviderOptions): ProviderMutations {
  const removed = headers.filter(({ name }) => name === REMOVE).flatMap(({ value }) => value.split(','));
  const upstream = Map.groupBy(
    headers.filter(({ name }) => isPassedOn(name) && matchesAny(options.headersToUpstreamOnAllow, name)),
    ({ name }) => name,
  );
  return {
    ...NO_MUTATIONS,
    // The first line takes the place of what the client sent, the others stand beside it.
    headers: [...upstream.values()].flatMap((lines) =>
      lines.map(
        (header, index): RequestHeaderMutation => ({
          ...header,
          action: index === 0 ? 'overwrite' : 'append',
        }),
      ),
    ),
    removeHeaders: removed.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''),
    responseHeaders: headers
      .filter(({ name }) => isPassedOn(name) && matchesAny(options.headersToDownstreamOnAllow, name))
      .map((header) => ({ ...header, action: 'append' })),
  };
}

function isPassedOn(name: string): boolean {
  return !HOP_BY_HOP.has(name) && name !== REMOVE;
}

/** Always along, whatever the list says: what a client needs to act on a denial. */
const ALWAYS: ReadonlySet<string> = new Set(['www-authenticate', 'location']);

/** A body that is no text cannot be told to Envoy, so it and what describes it are left out. */
function denialOf(
  headers: readonly HeaderToSet[],
  body: Buffer,
  wanted: readonly HeaderPattern[] | undefined,
): { readonly headers: readonly HeaderToSet[]; readonly body: string } {
  const isText = isUtf8(body);
  return {
    headers: headers.filter(
      ({ name }) =>
        isPassedOn(name) &&
        (wanted === undefined || ALWAYS.has(name) || matchesAny(wanted, name)) &&
        (isText || !name.startsWith('content-')),
    ),
    body: isText ? body.toString('utf8') : '',
  };
}
