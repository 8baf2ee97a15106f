import { expect, it } from 'vitest';
import { ALLOW_ORDERS, makeSite } from '../app/bed.ts';
import { runCli } from './run-cli.ts';

const POLICIES = `${ALLOW_ORDERS}---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: at-gateway, namespace: shop }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: edge }]
  rules:
    - to: [{ operation: { ports: ["80"], notPorts: ["80"] } }]
    - to: [{ operation: { paths: [/a, /b] } }]
    - to: [{ operation: { paths: [/b] } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: misspelled, namespace: shop }
spec: { selector: { matchLabels: { app: order } } }
`;

const GATEWAY = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec: { gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP }] }
`;

it('check warns of policies for nothing, of rules that never match and of those that change nothing', async () => {
  const site = makeSite();
  site.write('policies/readers.yaml', POLICIES);
  const first = await runCli(['check', '--config', site.settingsPath]);
  expect(first.code).toBe(0);
  expect(first.stdout).toContain('3 AuthorizationPolicy');
  const places = first.stderr
    .split('\n')
    .flatMap(
      (line) =>
        /readers\.yaml:(\d+:\d+): warning: .* \(hint: .+\) \[(ERR_LINT_\w+)\]$/
          .exec(line)
          ?.slice(1)
          .join(' ') ?? [],
    );
  expect(places).toEqual([
    '13:67 ERR_LINT_NO_TARGET',
    '15:42 ERR_LINT_RULE_NEVER',
    '17:7 ERR_LINT_SHADOWED',
    '22:9 ERR_LINT_NO_TARGET',
  ]);
  expect(first.stderr).toContain('there is no Gateway `shop/edge`');
  site.write('workloads/edge.yaml', GATEWAY);
  const second = await runCli(['check', '--config', site.settingsPath]);
  expect(second.stderr).toContain('no workload is a proxy of Gateway `shop/edge`');
  expect(second.stdout).toContain('1 Gateway');
});
