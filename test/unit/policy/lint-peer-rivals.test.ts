import { describe, expect, it } from 'vitest';
import { readManifests } from '../../../src/manifest/index.ts';
import { lintPeerRivals, loadPolicies, type Target } from '../../../src/policy/index.ts';
import { MESH, peerAuthentication } from './load.ts';

const workload = (
  name: string,
  labels: Readonly<Record<string, string>>,
  kind: Target['kind'] = 'sidecar',
) => ({
  namespace: 'web',
  name,
  labels: new Map(Object.entries(labels)),
  kind,
  gatewayName: undefined,
  services: [],
});

const ORDERS = workload('orders', { app: 'orders', tier: 'back' });
const CART = workload('cart', { app: 'cart', tier: 'back' });

const peer = (name: string, labels: string, namespace = 'web', created = '') =>
  peerAuthentication(
    `{ selector: { matchLabels: { ${labels} } }, mtls: { mode: STRICT } }`,
    name,
    namespace,
  ).replace('metadata: { ', `metadata: { ${created === '' ? '' : `creationTimestamp: "${created}", `}`);

function lint(
  policies: readonly string[],
  workloads: readonly ReturnType<typeof workload>[],
): readonly string[] {
  const objects = readManifests([{ path: 'p.yaml', text: policies.join('---\n') }]).value ?? [];
  const { value } = loadPolicies(objects, MESH);
  if (value === undefined) {
    throw new Error('policies of the test do not load');
  }
  return lintPeerRivals(objects, value, workloads, MESH.rootNamespace).map(
    ({ code, path, message }) => `${code} ${path}: ${message}`,
  );
}

const BY_APP = peer('by-app', 'app: orders');
const BY_TIER = peer('by-tier', 'tier: back');

const SAID = 'ERR_LINT_PEER_TWICE spec.selector: selects `web/orders`, for which';

describe('two PeerAuthentications with different labels', () => {
  it('that select one workload: the one that does not count is told, once', () => {
    const more = workload('orders-2', { app: 'orders', tier: 'back' });
    expect(lint([BY_TIER, BY_APP], [ORDERS, CART, more])).toEqual([`${SAID} \`web/by-app\` counts alone`]);
  });

  it('count by their age before their name', () => {
    const older = peer('by-tier', 'tier: back', 'web', '2026-01-01T00:00:00Z');
    expect(lint([BY_APP, older], [ORDERS])).toEqual([`${SAID} \`web/by-tier\` counts alone`]);
  });

  it.each([
    ['select no workload together', [BY_APP, BY_TIER], [CART]],
    ['are in different namespaces', [BY_APP, peer('by-tier', 'tier: back', 'shop')], [ORDERS]],
    ['are for a gateway', [BY_APP, BY_TIER], [workload('edge', { app: 'orders', tier: 'back' }, 'gateway')]],
    ['are of the root namespace', [BY_APP, peer('by-tier', 'tier: back', 'istio-system')], [ORDERS]],
    ['have the same labels, which another warning tells', [BY_APP, peer('again', 'app: orders')], [ORDERS]],
  ])('say nothing where they %s', (_, policies, workloads) => {
    expect(lint(policies, workloads)).toEqual([]);
  });
});
