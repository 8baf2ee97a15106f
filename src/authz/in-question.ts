import type { CheckRequest } from '../proto/index.ts';
import type { AuthzProfile } from './options.ts';

/** What is known of a call by the time its verdict falls; more the further it came. */
export interface InQuestion {
  readonly profile: AuthzProfile;
  readonly request: CheckRequest | undefined;
  /** Of the workload asked for, for people. */
  readonly destination: string | undefined;
  readonly principals: readonly string[];
}
