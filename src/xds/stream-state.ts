import type { SallyportError } from '../base/index.ts';

/** All that one stream has to remember. Immutable: a step makes a new one. */
export interface StreamState {
  /** Makes the nonces of one stream differ from those of another. */
  readonly seed: string;
  readonly started: boolean;
  readonly wildcard: boolean;
  /** Once a stream has named something, an empty list means nothing in place of everything. */
  readonly hasNamed: boolean;
  /** What is asked for by name, what nobody has included: it is pushed when it appears. */
  readonly names: ReadonlySet<string>;
  /** What was last sent under each name. */
  readonly sent: ReadonlyMap<string, Sent>;
  /** Responses the client has not answered, oldest first, at most `PENDING_MAX`. */
  readonly pending: readonly PendingResponse[];
  readonly nonceCount: number;
}

export interface Sent {
  readonly version: string;
  readonly answer: 'open' | 'accepted' | 'rejected';
}

export interface PendingResponse {
  readonly nonce: string;
  /** Of the response. */
  readonly version: string;
  readonly resources: readonly { readonly name: string; readonly version: string }[];
}

export type StreamEvent =
  | { readonly kind: 'subscribed'; readonly names: readonly string[]; readonly wildcard: boolean }
  | { readonly kind: 'unsubscribed'; readonly names: readonly string[] }
  | { readonly kind: 'pushed'; readonly nonce: string; readonly names: readonly string[] }
  /** What was sent before is not to be had any more. */
  | { readonly kind: 'withdrawn'; readonly names: readonly string[] }
  | { readonly kind: 'accepted'; readonly nonce: string; readonly names: readonly string[] }
  | {
      readonly kind: 'rejected';
      readonly nonce: string;
      readonly names: readonly string[];
      readonly reason: string;
    }
  /** An answer to a response that was answered before, is forgotten, or never was. */
  | { readonly kind: 'stale'; readonly nonce: string }
  | { readonly kind: 'name_refused'; readonly name: string; readonly reason: string }
  | { readonly kind: 'type_refused'; readonly typeUrl: string };

/** What a request has changed. What it asks for goes out with the next push. */
export interface Taken {
  readonly state: StreamState;
  readonly events: readonly StreamEvent[];
  /** The stream must end with this. */
  readonly end?: SallyportError;
}

/** What goes out now. */
export interface Pushed<Response> {
  readonly state: StreamState;
  readonly messages: readonly Response[];
  readonly events: readonly StreamEvent[];
}

/** A client that never answers costs no more than this many remembered responses. */
export const PENDING_MAX = 16;

export function newStream(seed: string): StreamState {
  return {
    seed,
    started: false,
    wildcard: false,
    hasNamed: false,
    names: new Set(),
    sent: new Map(),
    pending: [],
    nonceCount: 0,
  };
}

/** The nonce of the last response, empty before the first. */
export function lastNonce({ seed, nonceCount }: StreamState): string {
  return nonceCount === 0 ? '' : `${seed}.${nonceCount}`;
}

/** Forgets what was sent under these names: asked for anew, they are sent anew. */
export function forgetSent(
  sent: ReadonlyMap<string, Sent>,
  names: readonly string[],
): ReadonlyMap<string, Sent> {
  const kept = new Map(sent);
  for (const name of names) {
    kept.delete(name);
  }
  return kept;
}
