import { hash } from 'node:crypto';
import type { AcceptedToken } from './accepted-token.ts';
import type { TokenFailure } from './failure.ts';
import type { ParseResult } from './parse-token.ts';

export interface TokenCacheLimits {
  /** Tokens that some rule accepted. */
  readonly entriesMax: number;
  /** Memory of those, by a generous estimate. Refused tokens have a quarter of both for themselves. */
  readonly bytesMax: number;
  /** How long an accepted token is remembered when its `exp` is later or absent. */
  readonly acceptedSeconds: number;
  /** How long a refused token is remembered. */
  readonly refusedSeconds: number;
}

export const TOKEN_CACHE_LIMITS: TokenCacheLimits = {
  entriesMax: 20_000,
  bytesMax: 64 * 1024 * 1024,
  acceptedSeconds: 300,
  refusedSeconds: 10,
};

/**
 * Remembers what tokens say and which signatures were checked. A token is found by its SHA-256, a verdict on its
 * signature by rule and version of the key set. Issuer, times and audience are compared anew for every
 * request, so nothing that is remembered outlives `exp` or serves a rule it was not made for.
 */
export interface TokenCache {
  find(tokenHash: string, nowSeconds: number): TokenEntry | undefined;
  /** Keeps an entry, or moves it to the accepted ones. Called again when the entry has grown. */
  keep(tokenHash: string, entry: TokenEntry, standing: Standing, endsAtSeconds: number): void;
  clear(): void;
  readonly limits: TokenCacheLimits;
  readonly stats: TokenCacheStats;
}

export type Standing = 'accepted' | 'refused';

export interface TokenCacheStats {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
}

/** One token. `verdicts` is by rule fingerprint and version of the key set. */
export interface TokenEntry {
  readonly parsed: ParseResult;
  readonly tokenBytes: number;
  readonly verdicts: Map<string, Verdict>;
}

export type Verdict =
  | { readonly ok: true; readonly accepted: AcceptedToken }
  | { readonly ok: false; readonly failure: TokenFailure };

export function tokenHashOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

export function createTokenCache(limits: TokenCacheLimits = TOKEN_CACHE_LIMITS): TokenCache {
  const accepted = createShelf(limits.entriesMax, limits.bytesMax);
  const refused = createShelf(Math.ceil(limits.entriesMax / 4), limits.bytesMax / 4);
  let hits = 0;
  let misses = 0;
  return {
    limits,
    find(tokenHash, nowSeconds) {
      const entry = accepted.find(tokenHash, nowSeconds) ?? refused.find(tokenHash, nowSeconds);
      if (entry === undefined) {
        misses += 1;
      } else {
        hits += 1;
      }
      return entry;
    },
    keep(tokenHash, entry, standing, endsAtSeconds) {
      if (standing === 'accepted') {
        refused.drop(tokenHash);
        accepted.put(tokenHash, entry, endsAtSeconds);
      } else {
        refused.put(tokenHash, entry, endsAtSeconds);
      }
    },
    clear() {
      accepted.clear();
      refused.clear();
    },
    get stats() {
      return {
        entries: accepted.entries() + refused.entries(),
        bytes: accepted.bytes() + refused.bytes(),
        hits,
        misses,
      };
    },
  };
}

interface Shelf {
  find(key: string, nowSeconds: number): TokenEntry | undefined;
  put(key: string, entry: TokenEntry, endsAtSeconds: number): void;
  drop(key: string): void;
  clear(): void;
  entries(): number;
  bytes(): number;
}

interface Slot {
  readonly entry: TokenEntry;
  readonly endsAtSeconds: number;
  readonly bytes: number;
}

/** The least recently used entry goes first, when there are too many or they are too large. */
function createShelf(entriesMax: number, bytesMax: number): Shelf {
  const slots = new Map<string, Slot>();
  let bytes = 0;
  const drop = (key: string): void => {
    const slot = slots.get(key);
    if (slot !== undefined) {
      slots.delete(key);
      bytes -= slot.bytes;
    }
  };
  return {
    find(key, nowSeconds) {
      const slot = slots.get(key);
      if (slot === undefined) {
        return undefined;
      }
      if (nowSeconds >= slot.endsAtSeconds) {
        drop(key);
        return undefined;
      }
      slots.delete(key);
      slots.set(key, slot);
      return slot.entry;
    },
    put(key, entry, endsAtSeconds) {
      drop(key);
      const slot = { entry, endsAtSeconds, bytes: bytesOf(entry) };
      slots.set(key, slot);
      bytes += slot.bytes;
      for (const oldest of slots.keys()) {
        if (slots.size <= entriesMax && bytes <= bytesMax) {
          break;
        }
        drop(oldest);
      }
    },
    drop,
    clear() {
      slots.clear();
      bytes = 0;
    },
    entries: () => slots.size,
    bytes: () => bytes,
  };
}

/** Claims as objects take several times the bytes of their JSON; each verdict may hold copies of its own. */
function bytesOf(entry: TokenEntry): number {
  return 1024 + 8 * entry.tokenBytes + entry.verdicts.size * (512 + 2 * entry.tokenBytes);
}
