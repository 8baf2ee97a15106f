import type { ProviderAnswer, ProviderFailure, ProviderMutations } from '../authz/index.ts';
import { type ErrorCode, SallyportError } from '../base/index.ts';
import type { HeaderToSet } from '../proto/index.ts';
import { HEADER_NAME } from './header-pattern.ts';

export const NO_MUTATIONS: ProviderMutations = {
  headers: [],
  removeHeaders: [],
  responseHeaders: [],
  setQueryParameters: [],
  removeQueryParameters: [],
};

const CODE_OF_FAILURE: Readonly<Record<ProviderFailure, ErrorCode>> = {
  unreachable: 'ERR_PROVIDER_UNREACHABLE',
  timeout: 'ERR_PROVIDER_TIMEOUT',
  status: 'ERR_PROVIDER_STATUS',
  busy: 'ERR_PROVIDER_BUSY',
  reply: 'ERR_PROVIDER_REPLY',
  question: 'ERR_PROVIDER_QUESTION',
};

/** No verdict; `message` must not repeat anything of an answer. */
export function failed(
  failure: ProviderFailure,
  message: string,
  more: { readonly httpStatus?: number; readonly cause?: unknown } = {},
): ProviderAnswer & { readonly kind: 'failed' } {
  const { httpStatus, cause } = more;
  return {
    kind: 'failed',
    failure,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    cause: new SallyportError(CODE_OF_FAILURE[failure], message, cause === undefined ? {} : { cause }),
  };
}

/** The code of a system or TLS error in a text, such as ` (ECONNREFUSED)`; nothing else of it may be repeated. */
export function reasonIn(text: string): string {
  const code = /\b(?:E[A-Z]{4,16}|(?:CERT|DEPTH|SELF|UNABLE|ERR|HPE)_[A-Z0-9_]{1,48})\b/.exec(text);
  return code === null ? '' : ` (${code[0]})`;
}

/** What Envoy may send on: the status of a denial is one that ends a request. */
export function denialStatus(httpStatus: number | undefined): number {
  return httpStatus !== undefined && httpStatus >= 200 && httpStatus <= 599 ? httpStatus : 403;
}

/** The same headers with lower-case names; undefined when one cannot be sent, or is Envoy's own or `host`. */
export function sendable<Header extends HeaderToSet>(
  headers: readonly Header[],
): readonly Header[] | undefined {
  const lowered = headers.map((header) => ({ ...header, name: header.name.toLowerCase() }));
  return lowered.every(
    ({ name, value }) => HEADER_NAME.test(name) && name !== 'host' && !/[\0\r\n]/.test(value),
  )
    ? lowered
    : undefined;
}

/** Those that Envoy makes itself for what it sends on. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
