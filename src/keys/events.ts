import type { AppEvent } from '../base/index.ts';

/**
 * What happens to key sets. `source` is an origin (`https://id.example.org`), never a whole URL; `issuers` are those
 * of the rules that name the set.
 */
export type KeysEvent = AppEvent &
  (
    | {
        readonly event: 'keys.fetched';
        readonly fields: NameFields & {
          readonly keys: number;
          readonly changed: boolean;
          readonly refreshSeconds: number;
        };
      }
    | {
        /** No answer, and the keys at hand (if any) go on serving. */
        readonly event: 'keys.fetch_failed';
        readonly fields: FailureFields;
      }
    | {
        /** An answer that is no usable key set; it replaces nothing. */
        readonly event: 'keys.rejected';
        readonly fields: FailureFields;
      }
    | {
        /** The last good keys are too old to be believed. */
        readonly event: 'keys.expired';
        readonly fields: NameFields & { readonly ageSeconds: number };
      }
    | {
        /** What is stored beyond what is wanted stays. */
        readonly event: 'keys.not_forgotten';
      }
    | {
        readonly event: 'keys.not_kept';
        readonly fields: NameFields;
      }
    | {
        /** Keys of an earlier run serve until the first fetch. */
        readonly event: 'keys.restored';
        readonly fields: NameFields & { readonly ageSeconds: number };
      }
  );

interface NameFields {
  readonly source: string;
  readonly keySetId: string;
  readonly issuers: readonly string[];
}

interface FailureFields extends NameFields {
  readonly code: string;
  readonly failures: number;
  readonly retrySeconds: number;
}

export type KeysEventSink = (event: KeysEvent) => void;
