import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { type OidcBehaviour, type OidcIssuer, startOidcIssuer } from '../fakes/oidc-issuer.ts';
import { jwksOf } from '../fakes/token-issuer.ts';
import { makeSite, SETTINGS, type Site } from '../service/app/bed.ts';
import { adminUrl, type Running, start } from '../service/app/running.ts';
import { extAuthz, get, startHttpEnvoy } from './http-envoy.ts';

const PROFILE = 'profiles: { sidecar: { fallbackWorkload: shop/orders, waitMax: 1s } }\n';
/** Loopback over http is where the provider is; the rest makes a test short. */
const KEYS = 'allowHttp: true, allowCidrs: [127.0.0.1], timeout: 1500ms, unknownKeyCooldown: 1s';
/** As often as the settings allow. */
const OFTEN = 'refreshMin: 1s, refreshDefault: 1s, refreshMax: 1s';

interface World {
  readonly issuer: OidcIssuer;
  readonly site: Site;
  readonly sallyport: Running;
  /** Status and reason that a client sees who shows this token. */
  see(token?: string): Promise<string>;
}

/** A provider, a Sallyport that knows its issuer and nothing more, and an Envoy that asks. */
async function world(
  { task }: TestContext,
  keys = '',
  first: OidcBehaviour = { kind: 'well' },
): Promise<World> {
  const issuer = await startOidcIssuer();
  onTestFinished(() => issuer.stop());
  issuer.behaviour = first;
  const site = makeSite(`${SETTINGS}${PROFILE}keys: { ${[KEYS, keys].filter(Boolean).join(', ')} }\n`);
  site.write(
    'policies/readers.yaml',
    `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: users, namespace: shop }
spec: { jwtRules: [{ issuer: "${issuer.issuer}", audiences: [shop] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: readers, namespace: shop }
spec:
  rules:
    - from: [{ source: { requestPrincipals: ["${issuer.issuer}/reader"] } }]
      when: [{ key: "request.auth.claims[scope]", values: [orders] }]
`,
  );
  const sallyport = await start(site);
  const envoy = await startHttpEnvoy('1.40', site.path('run', 'authz.sock'), [{ filters: [extAuthz()] }]);
  task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
  return {
    issuer,
    site,
    sallyport,
    async see(token) {
      const { status, headers } = await get(
        envoy.ports[0] ?? 0,
        '/orders',
        token === undefined ? {} : { authorization: `Bearer ${token}` },
      );
      return `${status} ${headers['x-sallyport-reason'] ?? ''}`.trim();
    },
  };
}

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

/** Every sample of a metric that names the issuer, without it. */
async function samples({ sallyport, issuer }: World, name: string): Promise<readonly string[]> {
  const text = await (await fetch(`${adminUrl(sallyport)}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(issuer.issuer))
    .map((line) => line.slice(name.length).replace(`issuer="${issuer.issuer}",`, ''));
}

describe('a real OpenID provider', () => {
  it('its tokens pass by what they say, and its server is asked twice in all', async (context) => {
    const there = await world(context);
    const { issuer, see } = there;
    const token = await issuer.token('orders reports');
    expect(await see(token)).toBe('200');
    expect(await see(token)).toBe('200');
    expect(await see()).toBe('403 denied_no_rule');
    expect(await see(await issuer.token('reports'))).toBe('403 denied_no_rule');
    expect(await see(await issuer.token('orders', 'urn:bank'))).toBe('403 token_audience');
    expect(await see(`${token.slice(0, -8)}AAAAAAAA`)).toBe('401 token_signature');
    expect([issuer.discoveryRequests, issuer.keyRequests]).toEqual([1, 1]);
    expect(await samples(there, 'sallyport_tokens_total')).toEqual([
      '{result="verified"} 3',
      '{result="token_audience"} 1',
      '{result="token_signature"} 1',
    ]);
    expect(await samples(there, 'sallyport_token_cache_total')).toEqual([
      '{result="miss"} 4',
      '{result="hit"} 1',
    ]);
    expect(await samples(there, 'sallyport_issuer_key_fetches_total')).toEqual(['{result="fetched"} 1']);
  });

  it('a new key is fetched when its first token comes, once in a cool-down, and one that is withdrawn ends', async (context) => {
    const { issuer, see } = await world(context);
    const first = await issuer.token();
    expect(await see(first)).toBe('200');
    issuer.rotate(1);
    const second = await issuer.token();
    await expect.poll(() => see(second), { timeout: 5000, interval: 100 }).toBe('200');
    expect(issuer.keyRequests).toBe(2);
    issuer.rotate(1);
    const third = await issuer.token();
    const seeOften = async () => new Set(await Promise.all(Array.from({ length: 20 }, () => see(third))));
    expect(await seeOften()).toEqual(new Set(['401 token_key_unknown']));
    expect(await see(first)).toBe('200');
    expect(issuer.keyRequests).toBe(2);
    await pause(1000);
    expect(await seeOften()).toEqual(new Set(['200']));
    expect(await see(second)).toBe('200');
    expect(await see(first)).toBe('401 token_key_unknown');
    expect(issuer.keyRequests).toBe(3);
    expect(issuer.discoveryRequests).toBe(1);
  });

  it('an outage locks nobody out whose keys are known, a restart in its midst included', async (context) => {
    const { issuer, see, site, sallyport } = await world(context, `${OFTEN}, persist: true`);
    const [known, unseen] = [await issuer.token(), await issuer.token()];
    expect(await see(known)).toBe('200');
    await issuer.stop();
    await expect
      .poll(() => sallyport.logged('keys.fetch_failed').length, { timeout: 5000 })
      .toBeGreaterThan(0);
    expect(await see(unseen)).toBe('200');
    await sallyport.stop();
    const again = await start(site);
    expect(await see(known)).toBe('200');
    expect(again.logged('keys.restored')).toHaveLength(1);
    await issuer.startAgain();
    issuer.rotate(0);
    const fresh = await issuer.token();
    await expect.poll(() => see(fresh), { timeout: 10_000, interval: 200 }).toBe('200');
    expect(await see(known)).toBe('401 token_key_unknown');
  });

  it('a slow answer is waited for, silence is a 503 in time, and the next token finds the keys', async (context) => {
    const { issuer, see } = await world(context, '', { kind: 'slow', millis: 200 });
    expect(await see(await issuer.token())).toBe('200');
    const other = await world(context, '', { kind: 'silent' });
    const token = await other.issuer.token();
    expect(await other.see(token)).toBe('503 keys_unavailable');
    expect(await other.see()).toBe('403 denied_no_rule');
    other.issuer.behaviour = { kind: 'well' };
    await expect.poll(() => other.see(token), { timeout: 10_000, interval: 200 }).toBe('200');
  });

  const GARBAGE: readonly (readonly [string, OidcBehaviour])[] = [
    ['an HTML page', { kind: 'answers', status: 200, body: '<html></html>' }],
    ['no keys', { kind: 'answers', status: 200, body: '{"keys":[]}' }],
    ['an error', { kind: 'answers', status: 500, body: jwksOf('p256') }],
    ['a megabyte of spaces and more', { kind: 'answers', status: 200, body: ' '.repeat(1024 * 1024 + 1) }],
    [
      'the words of another issuer',
      { kind: 'answers', status: 200, body: '{"issuer":"https://other.example"}' },
    ],
    ['half an answer', { kind: 'breaks off' }],
  ];

  it('garbage never takes the place of good keys', async (context) => {
    const { issuer, see, sallyport } = await world(context, OFTEN);
    expect(await see(await issuer.token())).toBe('200');
    const failures = (): number =>
      sallyport.logged('keys.fetch_failed').length + sallyport.logged('keys.rejected').length;
    // Each is answered to at least one fetch; the pause between fetches grows, a success makes it short again.
    for (const [name, behaviour] of GARBAGE) {
      issuer.behaviour = behaviour;
      const before = failures();
      await expect.poll(failures, { timeout: 5000, message: name }).toBeGreaterThan(before);
      expect(await see(await issuer.token()), name).toBe('200');
    }
  });

  it('garbage at first sight is no verdict or a refusal, never a pass, and is forgotten when keys come', async (context) => {
    const { issuer, see } = await world(context, '', { kind: 'answers', status: 200, body: jwksOf('p256') });
    const token = await issuer.token();
    expect(await see(token)).toBe('401 token_keys_unusable');
    issuer.behaviour = { kind: 'well' };
    await expect.poll(() => see(token), { timeout: 10_000, interval: 200 }).toBe('200');
  });
});
