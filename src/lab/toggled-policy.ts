import type { Places } from './places.ts';

/** The path that the lab closes and opens again by editing policies. */
export const TOGGLED_PATH = '/orders/today';

/** Files of the policies that are edited while the lab runs. */
export const EDITED_POLICY = { file: 'edited.yaml', name: 'edited' } as const;
export const MOUNTED_POLICY = { file: 'mounted.yaml', name: 'mounted' } as const;

/** A DENY at the port of orders that closes the toggled path, or one that nobody asks for. */
export function toggledPolicyText(name: string, isClosed: boolean, places: Places): string {
  const { port } = places.bind('orders', 'inbound');
  return `# The lab edits this file while it runs.
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: shop }
spec:
  selector:
    matchLabels: { app: orders }
  action: DENY
  rules:
    - to:
        - operation: { ports: ["${port}"], paths: [${isClosed ? TOGGLED_PATH : '/orders/never'}] }
`;
}
