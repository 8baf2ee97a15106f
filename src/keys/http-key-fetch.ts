import { lookup as systemLookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { LIMITS, SallyportError } from '../base/index.ts';
import { type AddressGuard, createAddressGuard } from './address-guard.ts';
import { maxAgeSecondsOf } from './cache-control.ts';
import { type FetchedDocument, type KeyFetch, type KeyFetchRequest, originOf } from './key-fetch.ts';
import type { KeysOptions } from './options.ts';

/** Every address of a name; replaced in tests of names that change their address. */
export type ResolveName = (name: string) => Promise<readonly ResolvedAddress[]>;

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type KeyFetchOptions = Pick<KeysOptions, 'allowHttp' | 'allowCidrs' | 'caFiles'>;

/**
 * Fetches over https (http when allowed), at most two redirects, at most `LIMITS.keySetBytes`, and only from
 * addresses that may be asked. The address that was checked is the one that is dialled: a name is resolved
 * once for a connection. No proxy, no cookies, no content encoding.
 * Throws `ERR_KEY_FETCH_URL`, `_ADDRESS`, `_CONNECTION`, `_TIMEOUT`, `_STATUS`, `_REDIRECT`, `_TOO_LARGE`.
 */
export function createKeyFetch(options: KeyFetchOptions, resolve: ResolveName = resolveName): KeyFetch {
  const route: Route = { options, resolve, guard: createAddressGuard(options.allowCidrs) };
  return async (request) => {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMillis)]);
    try {
      return await followed(route, request.url, signal);
    } catch (error) {
      throw request.signal.aborted ? error : asFetchError(error, request, signal);
    }
  };
}

/** Throws what a fetch would at once: `ERR_KEY_FETCH_URL`, and `_ADDRESS` where the URL holds an address. */
export function checkKeyUrl(url: string, options: KeyFetchOptions): void {
  checkedUrl({ options, resolve: resolveName, guard: createAddressGuard(options.allowCidrs) }, url);
}

interface Route {
  readonly options: KeyFetchOptions;
  readonly resolve: ResolveName;
  readonly guard: AddressGuard;
}

async function followed(route: Route, start: string, signal: AbortSignal): Promise<FetchedDocument> {
  let url = checkedUrl(route, start);
  for (let redirects = 0; redirects <= LIMITS.keyFetchRedirects; redirects += 1) {
    const response = await send(route, url, signal);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) {
      return documentOf(response);
    }
    response.destroy();
    const location = response.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      throw new SallyportError('ERR_KEY_FETCH_STATUS', `\`${url.origin}\` answered with status ${status}`);
    }
    url = checkedUrl(route, location, url);
  }
  throw new SallyportError(
    'ERR_KEY_FETCH_REDIRECT',
    `\`${originOf(start)}\` redirects more than ${LIMITS.keyFetchRedirects} times`,
  );
}

function checkedUrl(route: Route, text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new SallyportError('ERR_KEY_FETCH_URL', 'the URL of a key set is malformed or names a user');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && route.options.allowHttp)) {
    throw new SallyportError('ERR_KEY_FETCH_URL', `\`${url.protocol}\` is not fetched from`, {
      hint: 'use `https`, or set `keys.allowHttp` where the network is trusted',
    });
  }
  const host = bareHost(url);
  if (isIP(host) !== 0 && !route.guard(host)) {
    throw refusedAddress(host);
  }
  return url;
}

async function send(route: Route, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const ca = await caOf(route, url);
  const options: RequestOptions = {
    agent: false,
    signal,
    lookup: guardedLookup(route),
    headers: { accept: 'application/json', 'user-agent': 'sallyport' },
    maxHeaderSize: 32 * 1024,
  };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) })
        : httpRequest(url, options);
    request.on('error', reject);
    request.on('socket', (socket) => {
      // A second look at what was really dialled, should the first ever be bypassed.
      socket.once('connect', () => {
        const dialled = socket.remoteAddress ?? '';
        if (!route.guard(dialled)) {
          request.destroy(refusedAddress(dialled));
        }
      });
    });
    request.on('response', resolve);
    request.end();
  });
}

async function caOf(route: Route, url: URL): Promise<string | undefined> {
  const entry = route.options.caFiles.find(({ origin }) => originOf(origin) === url.origin);
  if (entry === undefined) {
    return undefined;
  }
  try {
    return await readFile(entry.file, 'utf8');
  } catch (error) {
    throw new SallyportError('ERR_KEY_FETCH_CA', `the CA file for \`${url.origin}\` cannot be read`, {
      cause: error,
      hint: `check that \`${entry.file}\` exists and can be read`,
    });
  }
}

/** What the connection is made with: only addresses that passed; none is an error, and nothing is dialled. */
function guardedLookup(route: Route): LookupFunction {
  return (name, options, callback) => {
    route
      .resolve(name)
      .then((found) => {
        const allowed = found.filter(({ address }) => route.guard(address));
        const [first] = allowed;
        if (first === undefined) {
          throw refusedAddress(found[0]?.address ?? 'nowhere');
        }
        if (options.all === true) {
          callback(null, [...allowed]);
        } else {
          callback(null, first.address, first.family);
        }
      })
      .catch((error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''));
  };
}

async function documentOf(response: IncomingMessage): Promise<FetchedDocument> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LIMITS.keySetBytes) {
      response.destroy();
      throw new SallyportError('ERR_KEY_FETCH_TOO_LARGE', `the answer is over ${LIMITS.keySetBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const { 'cache-control': cacheControl, age } = response.headers;
  return {
    text: Buffer.concat(chunks).toString('utf8'),
    maxAgeSeconds: maxAgeSecondsOf(cacheControl, age),
  };
}

function asFetchError(error: unknown, request: KeyFetchRequest, signal: AbortSignal): SallyportError {
  if (error instanceof SallyportError) {
    return error;
  }
  const origin = originOf(request.url);
  if (signal.aborted) {
    return new SallyportError(
      'ERR_KEY_FETCH_TIMEOUT',
      `\`${origin}\` did not answer within ${request.timeoutMillis} ms`,
    );
  }
  return new SallyportError('ERR_KEY_FETCH_CONNECTION', `\`${origin}\` cannot be reached`, { cause: error });
}

function refusedAddress(address: string): SallyportError {
  return new SallyportError('ERR_KEY_FETCH_ADDRESS', `key sets may not be fetched from \`${address}\``, {
    hint: 'allow the range in `keys.allowCidrs` when the key server really lives there',
  });
}

function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

function resolveName(name: string): Promise<readonly ResolvedAddress[]> {
  return systemLookup(name, { all: true });
}
