import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { readProgramArguments } from './arguments.ts';
import { serveHttp } from './serve-http.ts';

/**
 * An issuer of end-user tokens as small as can be: `/jwks.json`, and `/token`, which signs whatever it is
 * asked for. Its keys are made at start and die with it; it is for the lab and for nothing else.
 *
 * `/token?sub=alice&roles=auditor,clerk&aud=shop&iss=https://id.example.org&lifetimeSeconds=300&key=stray`
 */
const ALGORITHM = 'ES256';
const KEY_ID = 'lab-1';
const LIFETIME_SECONDS = 600;

const where = readProgramArguments(process.argv.slice(2));
const published = await generateKeyPair(ALGORITHM);
/** Never in the key set; claims the published key's id. */
const stray = await generateKeyPair(ALGORITHM);
const keySet = {
  keys: [{ ...(await exportJWK(published.publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' }],
};

serveHttp(where, (request, response) => {
  const url = new URL(request.url ?? '/', 'http://issuer');
  if (url.pathname === '/jwks.json') {
    response
      .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' })
      .end(JSON.stringify(keySet));
  } else if (url.pathname === '/token') {
    void sign(url.searchParams).then(
      (token) => response.writeHead(200, { 'content-type': 'text/plain' }).end(token),
      () => response.writeHead(400).end(),
    );
  } else {
    response.writeHead(url.pathname === '/livez' ? 200 : 404).end();
  }
});

function sign(wish: URLSearchParams): Promise<string> {
  const roles = wish.get('roles')?.split(',') ?? [];
  const lifetimeSeconds = Number(wish.get('lifetimeSeconds') ?? LIFETIME_SECONDS);
  // `exp` counts from now by the clock of `jose`, so a negative lifetime makes an expired token.
  return new SignJWT(roles.length === 0 ? {} : { roles })
    .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
    .setSubject(wish.get('sub') ?? 'alice')
    .setIssuer(wish.get('iss') ?? where.name)
    .setAudience(wish.get('aud') ?? 'shop')
    .setIssuedAt()
    .setExpirationTime(`${lifetimeSeconds} seconds`)
    .sign(wish.get('key') === 'stray' ? stray.privateKey : published.privateKey);
}
