import type { ManifestObject } from '../../manifest/index.ts';
import type { AuthorizationPolicy } from '../model.ts';

/** Of one file: the policy and the object it was read from. */
export interface LoadedPolicy {
  readonly object: ManifestObject;
  readonly policy: AuthorizationPolicy;
}
