import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Adapter, Provider } from 'oidc-provider';

/**
 * A real OpenID provider (npm `oidc-provider`) on loopback, with ways to fail that the real ones have: it gives
 * JWT access tokens for the audience `shop` by the grant of client credentials, and publishes its keys.
 */
export interface OidcIssuer {
  readonly issuer: string;
  /** How often its keys were asked for. */
  readonly keyRequests: number;
  /** How often its discovery document was. */
  readonly discoveryRequests: number;
  /** An access token of the client `reader`, asked for at the token endpoint. */
  token(scope?: string, resource?: string): Promise<string>;
  /** Signs with a new key; of the older ones, so many are still published. */
  rotate(olderPublished: number): void;
  behaviour: OidcBehaviour;
  /** Nobody listens any more. */
  stop(): Promise<void>;
  /** On the same port, with the keys it had. */
  startAgain(): Promise<void>;
}

/** What its keys and its discovery document are answered with; tokens are always to be had. */
export type OidcBehaviour =
  | { readonly kind: 'well' }
  /** After so long. */
  | { readonly kind: 'slow'; readonly millis: number }
  | { readonly kind: 'silent' }
  | { readonly kind: 'answers'; readonly status: number; readonly body: string }
  /** The head of an answer, then the end of the connection. */
  | { readonly kind: 'breaks off' };

const CLIENT = { id: 'reader', secret: 'a secret of the reader, long enough' };

export async function startOidcIssuer(): Promise<OidcIssuer> {
  const keys = [newKey(1)];
  let provider: RequestListener = () => undefined;
  let behaviour: OidcBehaviour = { kind: 'well' };
  let keyRequests = 0;
  let discoveryRequests = 0;
  const answer: RequestListener = (request, response) => {
    const isKeys = request.url === '/jwks';
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    keyRequests += isKeys ? 1 : 0;
    discoveryRequests += isDiscovery ? 1 : 0;
    if (isKeys || isDiscovery) {
      behave(behaviour, response, () => provider(request, response));
    } else {
      provider(request, response);
    }
  };
  let server = createServer(answer);
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  provider = providerOf(issuer, keys);
  return {
    issuer,
    get keyRequests() {
      return keyRequests;
    },
    get discoveryRequests() {
      return discoveryRequests;
    },
    token: (scope = 'orders', resource = 'urn:shop') => grant(issuer, scope, resource),
    rotate(olderPublished) {
      keys.unshift(newKey(Number(keys[0]?.kid) + 1));
      keys.length = Math.min(keys.length, olderPublished + 1);
      provider = providerOf(issuer, keys);
    },
    get behaviour() {
      return behaviour;
    },
    set behaviour(next) {
      behaviour = next;
    },
    stop,
    async startAgain() {
      server = createServer(answer);
      await listen(port);
    },
  };
}

type Key = Readonly<Record<string, unknown>> & { readonly kid: string };

function newKey(number: number): Key {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: String(number), alg: 'ES256', use: 'sig' };
}

/** The first key signs. */
function providerOf(issuer: string, keys: readonly Key[]): RequestListener {
  const provider = new Provider(issuer, {
    jwks: { keys: [...keys] },
    // Tokens that speak for themselves are not stored.
    adapter: () => NO_STORE,
    ttl: { ClientCredentials: 600 },
    scopes: ['orders', 'reports'],
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        id_token_signed_response_alg: 'ES256',
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'orders reports',
          audience: resource.replace('urn:', ''),
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  const handle = provider.callback();
  return (request, response) => void handle(request, response);
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

const NO_STORE: Adapter = {
  upsert: nothing,
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
};

async function grant(issuer: string, scope: string, resource: string): Promise<string> {
  const credentials = Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`).toString('base64');
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
  });
  const { access_token: token } = (await response.json()) as { readonly access_token?: string };
  if (token === undefined) {
    throw new Error(`no token, status ${response.status}`);
  }
  return token;
}

function behave(behaviour: OidcBehaviour, response: ServerResponse, asUsual: () => void): void {
  switch (behaviour.kind) {
    case 'well':
      asUsual();
      break;
    case 'slow':
      setTimeout(asUsual, behaviour.millis);
      break;
    case 'silent':
      break;
    case 'answers':
      response.writeHead(behaviour.status, { 'content-type': 'application/json' }).end(behaviour.body);
      break;
    case 'breaks off':
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"keys":[', () => response.destroy());
      break;
  }
}
