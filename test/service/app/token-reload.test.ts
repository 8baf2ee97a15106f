import { expect, it } from 'vitest';
import { jwksOf, makeToken, testKey } from '../../fakes/token-issuer.ts';
import { callUnary } from '../grpc/call-unary.ts';
import { makeSite, type Site } from './bed.ts';
import { start } from './running.ts';

const ISSUER = 'https://id.example.org';

function policies(jwks: string, audience: string): string {
  return `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: users, namespace: shop }
spec: { jwtRules: [{ issuer: "${ISSUER}", audiences: [${audience}], jwks: '${jwks}' }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: users, namespace: shop }
spec: { rules: [{ from: [{ source: { requestPrincipals: ["${ISSUER}/ann"] } }] }] }
`;
}

async function ask(site: Site, token: string): Promise<void> {
  const headers = { ':method': 'GET', ':path': '/', authorization: `Bearer ${token}` };
  await callUnary(site.path('run', 'authz.sock'), 'envoy.service.auth.v3.Authorization', 'Check', {
    attributes: {
      source: { principal: 'spiffe://example.org/ns/web/sa/frontend' },
      destination: { principal: 'spiffe://example.org/ns/shop/sa/orders' },
      request: { http: { method: 'GET', path: '/', host: 'orders', headers } },
    },
  });
}

it('a token that was remembered is judged anew after a policy or its keys change', async () => {
  const site = makeSite();
  const keys = jwksOf('p256');
  site.write('policies/readers.yaml', policies(keys, 'shop'));
  const { logged } = await start(site);
  const token = makeToken('p256', { payload: { iss: ISSUER, sub: 'ann', aud: 'shop' } });
  const seen = async (): Promise<unknown> => {
    const before = logged('authz.decision').length;
    await ask(site, token);
    await expect.poll(() => logged('authz.decision').length).toBe(before + 1);
    const { reason, tokenCached } = logged('authz.decision').at(-1) ?? {};
    return [reason, tokenCached];
  };
  const change = async (text: string): Promise<void> => {
    const before = logged('config.reloaded').length;
    site.write('policies/readers.yaml', text);
    await expect.poll(() => logged('config.reloaded').length, { timeout: 10_000 }).toBe(before + 1);
  };
  expect(await seen()).toEqual(['allowed_by_policy', false]);
  expect(await seen()).toEqual(['allowed_by_policy', true]);
  await change(policies(keys, 'bank'));
  expect(await seen()).toEqual(['token_audience', false]);
  await change(policies(keys, 'shop'));
  expect(await seen()).toEqual(['allowed_by_policy', false]);
  await change(policies(jwksOf({ ...testKey('p256Other').jwk, kid: 'p256' }), 'shop'));
  expect(await seen()).toEqual(['token_signature', false]);
});
