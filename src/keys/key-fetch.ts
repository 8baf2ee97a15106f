/** How one document is fetched; `createKeyFetch` is the real one, tests bring their own. */
export type KeyFetch = (request: KeyFetchRequest) => Promise<FetchedDocument>;

export interface KeyFetchRequest {
  readonly url: string;
  /** For the whole exchange, redirects included. */
  readonly timeoutMillis: number;
  readonly signal: AbortSignal;
}

export interface FetchedDocument {
  readonly text: string;
  /** How long the server says that the answer stays good; undefined when it does not. */
  readonly maxAgeSeconds: number | undefined;
}

/** The part of a URL that may stand in events and errors: no path, no query, no user. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'malformed URL';
}
