import type { AppEvent } from '../base/index.ts';

/** What happens to key sets. `source` is an origin (`https://id.example.org`), never a whole URL. */
export type KeysEvent = AppEvent &
  (
    | {
        readonly event: 'keys.fetched';
        readonly fields: {
          readonly source: string;
          readonly keySetId: string;
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
        readonly fields: { readonly source: string; readonly keySetId: string; readonly ageSeconds: number };
      }
    | {
        /** What is stored beyond what is wanted stays. */
        readonly event: 'keys.not_forgotten';
      }
    | {
        readonly event: 'keys.not_kept';
        readonly fields: { readonly source: string; readonly keySetId: string };
      }
    | {
        /** Keys of an earlier run serve until the first fetch. */
        readonly event: 'keys.restored';
        readonly fields: { readonly source: string; readonly keySetId: string; readonly ageSeconds: number };
      }
  );

interface FailureFields {
  readonly source: string;
  readonly keySetId: string;
  readonly code: string;
  readonly failures: number;
  readonly retrySeconds: number;
}

export type KeysEventSink = (event: KeysEvent) => void;
