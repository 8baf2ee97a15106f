import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import type { TrustBundle } from '../../../src/identity/index.ts';
import { createPublicApp } from '../../../src/web/public-app.ts';
import { eventLog } from '../../fakes/events.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { TRUST_DOMAIN } from '../issuer/on-folder.ts';

const ROOT = Buffer.from(opensslCa('root').certificatePem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');

const BUNDLE: TrustBundle = {
  trustDomain: TRUST_DOMAIN,
  x509Authorities: [ROOT],
  jwtAuthorities: [
    { keyId: 'k1', publicKey: { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' } },
    { keyId: 'k2', publicKey: { kty: 'RSA', n: 'bg', e: 'AQAB' } },
  ],
  sequence: 7,
  refreshHintSeconds: 8640,
};

function app(jwtIssuer: string | undefined = undefined, first: TrustBundle = BUNDLE) {
  let bundle = first;
  const events = eventLog();
  const hono = createPublicApp({ bundle: () => bundle, jwtIssuer, events: events.sink });
  return {
    get: (path: string, init: RequestInit = {}) => hono.request(path, init),
    replace: (next: TrustBundle) => {
      bundle = next;
    },
    events,
  };
}

describe('the public listener', () => {
  it('serves the keys of JWT-SVIDs with use and algorithm, and no other key', async () => {
    const response = await app().get('/keys');
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(await response.json()).toEqual({
      keys: [
        { use: 'sig', kid: 'k1', alg: 'ES256', kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' },
        { use: 'sig', kid: 'k2', alg: 'RS256', kty: 'RSA', n: 'bg', e: 'AQAB' },
      ],
    });
  });

  it('serves the SPIFFE bundle: one entry for each root without `kid`, sequence and refresh hint', async () => {
    const body = (await (await app().get('/bundle')).json()) as {
      readonly keys: readonly Readonly<Record<string, unknown>>[];
    };
    expect(body).toMatchObject({ spiffe_sequence: 7, spiffe_refresh_hint: 8640 });
    expect(body.keys.map(({ use, kid, x5c }) => ({ use, kid, x5c }))).toEqual([
      { use: 'x509-svid', kid: undefined, x5c: [ROOT.toString('base64')] },
      { use: 'jwt-svid', kid: 'k1', x5c: undefined },
      { use: 'jwt-svid', kid: 'k2', x5c: undefined },
    ]);
  });

  it('has a discovery document only where tokens name an issuer', async () => {
    expect((await app().get('/.well-known/openid-configuration')).status).toBe(404);
    const body = await (await app('https://id.example.org').get('/.well-known/openid-configuration')).json();
    expect(body).toEqual({
      issuer: 'https://id.example.org',
      jwks_uri: 'https://id.example.org/keys',
      authorization_endpoint: '',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
      claims_supported: ['aud', 'exp', 'iat', 'iss', 'sub'],
    });
  });

  it('serves everything below the path of the issuer', async () => {
    const { get } = app('https://example.org/spiffe/lab');
    const statuses = await Promise.all(
      ['/spiffe/lab/keys', '/spiffe/lab/bundle', '/spiffe/lab/.well-known/openid-configuration', '/keys'].map(
        async (path) => (await get(path)).status,
      ),
    );
    expect(statuses).toEqual([200, 200, 200, 404]);
  });

  it('lets answers be kept for five minutes at most, and for less where the bundle says so', async () => {
    expect((await app().get('/keys')).headers.get('cache-control')).toBe('public, max-age=300');
    const shortLived = app(undefined, { ...BUNDLE, refreshHintSeconds: 60 });
    expect((await shortLived.get('/bundle')).headers.get('cache-control')).toBe('public, max-age=60');
  });

  it('answers 304 to whoever has the newest, and the whole to whoever has not', async () => {
    const { get, replace } = app();
    const etag = (await get('/keys')).headers.get('etag') ?? '';
    const known = { headers: { 'if-none-match': `"old", W/${etag}` } };
    const unchanged = await get('/keys', known);
    expect([unchanged.status, await unchanged.text()]).toEqual([304, '']);
    replace({ ...BUNDLE, jwtAuthorities: BUNDLE.jwtAuthorities.slice(1), sequence: 8 });
    expect((await get('/keys', known)).status).toBe(200);
  });

  it('looks at entity tags up to the limit, and not one character past it', async () => {
    const { get } = app();
    const etag = (await get('/keys')).headers.get('etag') ?? '';
    const ask = async (length: number) =>
      (
        await get('/keys', {
          headers: { 'if-none-match': `"${'x'.repeat(length - etag.length - 3)}",${etag}` },
        })
      ).status;
    expect([await ask(LIMITS.entityTagChars), await ask(LIMITS.entityTagChars + 1)]).toEqual([304, 200]);
  });

  it('answers GET and HEAD alone, and knows nothing of the admin listener', async () => {
    const { get } = app('https://id.example.org');
    expect((await get('/keys', { method: 'POST' })).status).toBe(405);
    const statuses = await Promise.all(
      ['/', '/metrics', '/livez', '/readyz', '/keys/', '/..%2fkeys'].map(
        async (path) => (await get(path)).status,
      ),
    );
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404]);
  });

  it('says nothing of what went wrong to a stranger, and all of it to the log', async () => {
    const { get, replace, events } = app();
    replace({ ...BUNDLE, x509Authorities: [Buffer.from('no certificate')] });
    const response = await get('/bundle');
    expect([response.status, await response.json()]).toEqual([500, { error: 'internal error' }]);
    expect(events.named('web.request_failed')).toHaveLength(1);
  });
});
