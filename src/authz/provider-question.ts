import type { CheckHttp } from '../proto/index.ts';
import type { Changes } from './changes.ts';
import type { Provider, ProviderQuestion, QuestionHttp } from './provider.ts';
import type { RequestReason } from './reason.ts';
import { headersAfter, targetSent } from './request-headers.ts';

export type QuestionReading =
  | { readonly kind: 'question'; readonly question: ProviderQuestion }
  | { readonly kind: 'refused'; readonly reason: RequestReason; readonly httpStatus: number };

/** What a provider is to be asked about a request, as `changes` leave it; refused when it would judge a part of it. */
export function questionFor(
  provider: Provider,
  bytes: Uint8Array,
  http: CheckHttp | undefined,
  changes: Changes,
): QuestionReading {
  if (http === undefined) {
    return { kind: 'question', question: { provider, bytes, http } };
  }
  const headers = new Map<string, readonly string[]>();
  const view = headersAfter(http, changes);
  const path = targetSent(http, changes);
  for (const name of new Set([...http.headers.all().map(([known]) => known), ...changes.setHeaders.keys()])) {
    const lines = name === ':path' ? [path] : view.lines(name);
    if (lines !== undefined) {
      headers.set(name, lines);
    }
  }
  const body = readBody(http, provider.body);
  headers.delete(PARTIAL_BODY);
  if (body.kind === 'refused') {
    return body;
  }
  if (body.bytes.length > 0) {
    headers.set(PARTIAL_BODY, [String(body.isPartial)]);
  }
  const asked: QuestionHttp = {
    method: http.method,
    host: http.host,
    path,
    headers,
    body: body.bytes,
  };
  return { kind: 'question', question: { provider, bytes, http: asked } };
}

/** Set by an Envoy that sends bodies. */
const PARTIAL_BODY = 'x-envoy-auth-partial-body';

type BodyReading =
  | { readonly kind: 'body'; readonly bytes: Uint8Array; readonly isPartial: boolean }
  | (QuestionReading & { readonly kind: 'refused' });

/**
 * Only the body that Envoy sent can be passed on. One that is over the limit, or cut by Envoy where the
 * provider is to see the whole, is refused as Envoy does it; and so is one that Envoy kept from us, because the
 * provider would judge an empty one.
 */
function readBody(http: CheckHttp, limits: Provider['body']): BodyReading {
  const { body } = http;
  if (limits === undefined) {
    return { kind: 'body', bytes: new Uint8Array(), isPartial: false };
  }
  if (body.length === 0 && mayHaveBody(http)) {
    return { kind: 'refused', reason: 'body_missing', httpStatus: 403 };
  }
  const isCut = http.headers.lines(PARTIAL_BODY)?.some((value) => value !== 'false') === true;
  const isPartial = isCut || body.length > limits.bytesMax;
  return isPartial && !limits.allowPartial
    ? { kind: 'refused', reason: 'body_too_large', httpStatus: 413 }
    : { kind: 'body', bytes: body.subarray(0, limits.bytesMax), isPartial };
}

/**
 * The length says so, or nothing does: HTTP/1 has no body without one of the two headers, later versions may have. Where
 * nothing says, the method is asked. The client can write the header of Envoy's own, so that is no proof of anything.
 */
function mayHaveBody({ headers, method, protocol }: CheckHttp): boolean {
  const length = headers.lines('content-length');
  if (length !== undefined) {
    return length.some((value) => !/^0+$/.test(value));
  }
  return (
    headers.lines('transfer-encoding') !== undefined ||
    (!protocol.startsWith('HTTP/1') && METHODS_WITH_BODY.has(method))
  );
}

const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
