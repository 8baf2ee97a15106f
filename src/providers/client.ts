import type { AskProvider } from '../authz/index.ts';

/** One service, by whatever protocol. */
export interface ProviderClient {
  readonly ask: AskProvider;
  /** Ends connections that are kept; questions that are open fail. */
  close(): void;
}
