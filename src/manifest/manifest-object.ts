import type { Positioned } from './positioned.ts';

/** One Kubernetes-shaped object with its checked metadata; `value` is the whole object as plain data. */
export interface ManifestObject extends Positioned {
  /** Where the object begins. */
  readonly line: number;
  readonly column: number;
  /** `group/version`, or `v1` for the core group. */
  readonly apiVersion: string;
  readonly kind: string;
  /** `default` when the file names none. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  /** RFC 3339, as a cluster's export has it; undefined in files that people write. */
  readonly creationTimestamp: string | undefined;
}

/** The API group of an object: `security.istio.io`; empty for the core group. */
export function apiGroupOf(object: Pick<ManifestObject, 'apiVersion'>): string {
  const slash = object.apiVersion.indexOf('/');
  return slash < 0 ? '' : object.apiVersion.slice(0, slash);
}
