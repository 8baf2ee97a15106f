import { describe, expect, it } from 'vitest';
import { workloadPoliciesByFiles } from '../../../src/app/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import { makeSite, SETTINGS, type Site } from './bed.ts';

const TOKENS = `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: "https://id.example" }, { issuer: "https://other.example" }] }
`;

const read = (site: Site, workload: string, service?: string) =>
  workloadPoliciesByFiles({
    settingsPath: site.settingsPath,
    workload,
    clock: systemClock,
    ...(service === undefined ? {} : { service }),
  });

const WAYPOINT = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: way, namespace: shop, labels: { istio.io/waypoint-for: service } }
spec: { gatewayClassName: istio-waypoint }
${['a', 'b']
  .map(
    (name) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, labels: { istio.io/use-waypoint: way } }
spec: { clusterIP: 10.1.0.${name === 'a' ? 1 : 2}, ports: [{ port: 80 }] }
`,
  )
  .join('')}`;

const FOR_SERVICE = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: of-a, namespace: shop }
spec: { targetRefs: [{ group: "", kind: Service, name: a }], rules: [{}] }
`;

function waypointSite(policy = FOR_SERVICE): Site {
  const site = makeSite();
  site.write('workloads/way.yaml', WAYPOINT);
  site.write('policies/of-a.yaml', policy);
  return site;
}

describe('what holds for a workload by the files', () => {
  it('are the policies that attach to it', async () => {
    const { workload, policies, diagnostics } = await read(makeSite(), 'shop/orders');
    expect(workload.serviceAccount).toBe('orders');
    expect(policies.authorization.map(({ ref }) => ref.name)).toEqual(['readers']);
    expect(diagnostics).toEqual([]);
  });

  it('has the algorithms that the settings allow an issuer', async () => {
    const site = makeSite(`${SETTINGS}keys: { algorithms: { "https://id.example": [ES256] } }\n`);
    site.write('policies/tokens.yaml', TOKENS);
    const { policies } = await read(site, 'shop/orders');
    expect(policies.tokenRules.map(({ algorithms }) => algorithms)).toEqual([['ES256'], undefined]);
  });

  it('tells which workloads there are when one is not known', async () => {
    await expect(read(makeSite(), 'shop/order')).rejects.toMatchObject({
      code: 'ERR_ENVOY_WORKLOAD',
      hint: 'known are shop/orders',
    });
  });

  it('is nothing while a file has an error', async () => {
    const site = makeSite();
    site.write('policies/bad.yaml', 'kind: [a\n');
    await expect(read(site, 'shop/orders')).rejects.toMatchObject({ code: 'ERR_INVALID_FILES' });
  });

  it('has at a waypoint the policies of the service that is meant', async () => {
    const names = async (service: string) =>
      (await read(waypointSite(), 'shop/way', service)).policies.authorization.map(({ ref }) => ref.name);
    expect(await names('Service/shop/a')).toEqual(['of-a']);
    expect(await names('Service/shop/b')).toEqual([]);
  });

  it.each([
    ['none is named', undefined, /name one of Service\/shop\/a, Service\/shop\/b/],
    ['another one is named', 'Service/shop/c', /known are Service\/shop\/a/],
  ])('is refused at a waypoint of several services when %s', async (_, service, hint) => {
    await expect(read(waypointSite(), 'shop/way', service)).rejects.toMatchObject({
      code: 'ERR_ENVOY_WORKLOAD',
      hint: expect.stringMatching(hint),
    });
  });

  it('needs no service at a waypoint where no policy is for one', async () => {
    const whole = FOR_SERVICE.replace(
      /targetRefs: .*?\],/,
      'targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }],',
    );
    const { policies } = await read(waypointSite(whole), 'shop/way');
    expect(policies.authorization.map(({ ref }) => ref.name)).toEqual(['of-a']);
  });

  it('has no service beside waypoints', async () => {
    await expect(read(makeSite(), 'shop/orders', 'Service/shop/a')).rejects.toMatchObject({
      code: 'ERR_ENVOY_WORKLOAD',
    });
  });
});
