import type { ObjectName } from './workload.ts';

/** `<namespace>/<name>`; neither may hold a slash. */
export function objectKey({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}
