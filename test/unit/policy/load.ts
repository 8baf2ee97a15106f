import type { Diagnostic } from '../../../src/base/index.ts';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { readManifests } from '../../../src/manifest/index.ts';
import { loadPolicies, type MeshSettings } from '../../../src/policy/index.ts';

export const MESH: MeshSettings = {
  trustDomain: parseTrustDomain('example.org'),
  trustDomainAliases: [],
  rootNamespace: 'istio-system',
};

/** Policies from YAML, with the diagnostics of both rooms. */
export function load(yaml: string, mesh: MeshSettings = MESH) {
  const manifests = readManifests([{ path: 'p.yaml', text: yaml }]);
  const policies = loadPolicies(manifests.value ?? [], mesh);
  return { value: policies.value, diagnostics: [...manifests.diagnostics, ...policies.diagnostics] };
}

/** Policies that must be without error. */
export function mustLoad(yaml: string, mesh: MeshSettings = MESH) {
  const { value, diagnostics } = load(yaml, mesh);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (value === undefined || errors.length > 0) {
    throw new Error(`policies of the test do not load:\n${errors.map(codeAndPath).join('\n')}\n${yaml}`);
  }
  return value;
}

/** An AuthorizationPolicy named `p` in namespace `web` around a spec written in flow style. */
export function authorization(spec: string, name = 'p', namespace = 'web'): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
}

export function codeAndPath({ line, column, code, path }: Diagnostic): string {
  return `${line}:${column} ${code} ${path}`;
}

/** A RequestAuthentication around a spec in flow style. */
export function requestAuthentication(spec: string, name = 'r', namespace = 'web'): string {
  return `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
}

export function peerAuthentication(spec: string, name = 'default', namespace = 'web'): string {
  return requestAuthentication(spec, name, namespace).replace('RequestAuth', 'PeerAuth');
}
