import type { MeshSettings } from '../mesh-settings.ts';

/**
 * The principals of a policy with each of the mesh's trust domains in place of the one they were written
 * with, when that is one of them or `cluster.local`. Istio specification, section 1.6.
 */
export function replaceTrustDomains(values: readonly string[], mesh: MeshSettings): readonly string[] {
  const domains = [mesh.trustDomain, ...mesh.trustDomainAliases];
  return [...new Set(values.flatMap((value) => replaceOne(value, domains)))];
}

/** The trust domains of a policy, all of the mesh's for any one of them. */
export function expandTrustDomains(values: readonly string[], mesh: MeshSettings): readonly string[] {
  const domains: readonly string[] = [mesh.trustDomain, ...mesh.trustDomainAliases];
  return [...new Set(values.flatMap((value) => (domains.includes(value) ? domains : [value])))];
}

function replaceOne(value: string, domains: readonly string[]): readonly string[] {
  const [written = '', ...rest] = value.split('/');
  const isWhole = rest.length === 4 && written !== '*';
  if (!isWhole || !(written === 'cluster.local' || domains.some((domain) => areAlike(written, domain)))) {
    return [value];
  }
  return domains.map((domain) =>
    written.startsWith('*') && domain.endsWith(written.slice(1)) ? value : [domain, ...rest].join('/'),
  );
}

/** Equal, or one is a `*` form that takes the other. */
function areAlike(a: string, b: string): boolean {
  return a === b || takes(a, b) || takes(b, a);
}

function takes(pattern: string, text: string): boolean {
  return (
    (pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1))) ||
    (pattern.startsWith('*') && text.endsWith(pattern.slice(1)))
  );
}
