import { describe, expect, it } from 'vitest';
import { workloadPoliciesByFiles } from '../../../src/app/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import { makeSite, SETTINGS, type Site } from './bed.ts';

const TOKENS = `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [{ issuer: "https://id.example" }, { issuer: "https://other.example" }] }
`;

const read = (site: Site, workload: string) =>
  workloadPoliciesByFiles({ settingsPath: site.settingsPath, workload, clock: systemClock });

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
});
