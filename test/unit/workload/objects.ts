import { parseTrustDomain } from '../../../src/identity/index.ts';
import { type ManifestObject, readManifests } from '../../../src/manifest/index.ts';

export const EXAMPLE_ORG = parseTrustDomain('example.org');

/** The objects of a YAML text that is in order as far as `manifest` looks. */
export function objectsOf(text: string): readonly ManifestObject[] {
  const { value, diagnostics } = readManifests([{ path: 'objects.yaml', text }]);
  if (value === undefined || diagnostics.length > 0) {
    throw new Error(`test text is not in order: ${JSON.stringify(diagnostics)}`);
  }
  return value;
}

/** One object with the given members of `spec`, each a line of YAML. */
export function objectText(kind: string, name: string, spec: readonly string[], head = ''): string {
  const lines = spec.map((line) => `  ${line}`).join('\n');
  return `apiVersion: ${API_VERSIONS[kind] ?? 'spire.spiffe.io/v1alpha1'}\nkind: ${kind}\nmetadata: { name: ${name}${head} }\nspec:\n${lines}\n`;
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  WorkloadEntry: 'networking.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  Service: 'v1',
  Namespace: 'v1',
  Gateway: 'gateway.networking.k8s.io/v1',
};
