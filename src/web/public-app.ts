import { Hono } from 'hono';
import { type EventSink, LIMITS } from '../base/index.ts';
import type { TrustBundle } from '../identity/index.ts';
import { type PublicDocument, publicDocuments } from './public-documents.ts';

export interface PublicAppOptions {
  readonly bundle: () => TrustBundle;
  /** `iss` of our tokens; without it there is no discovery document. */
  readonly jwtIssuer: string | undefined;
  readonly events: EventSink;
}

/** Keys and trust for anybody: nothing here is a secret, and nothing else of Sallyport is reached from here. */
export function createPublicApp({ bundle, jwtIssuer, events }: PublicAppOptions): Hono {
  const app = new Hono();
  const documents = remembered(bundle, jwtIssuer);
  app.use(async (context, next) => {
    context.header('x-content-type-options', 'nosniff');
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      context.header('allow', 'GET, HEAD');
      return context.json({ error: 'only GET and HEAD are answered' }, 405);
    }
    return next();
  });
  app.get('*', (context) => {
    const document = documents().get(context.req.path);
    if (document === undefined) {
      context.header('cache-control', 'no-store');
      return context.json({ error: 'there is no such document' }, 404);
    }
    context.header('cache-control', `public, max-age=${document.maxAgeSeconds}`);
    context.header('etag', document.etag);
    if (isKnown(context.req.header('if-none-match'), document.etag)) {
      return context.body(null, 304);
    }
    return context.body(document.body, 200, { 'content-type': document.contentType });
  });
  app.onError((error, context) => {
    events({
      level: 'error',
      event: 'web.request_failed',
      message: 'a request to the public listener could not be answered',
      fields: { path: context.req.path.slice(0, 200) },
      error,
    });
    return context.json({ error: 'internal error' }, 500);
  });
  return app;
}

/** Made once for each bundle, so that a request costs a look into a map. */
function remembered(
  bundle: () => TrustBundle,
  jwtIssuer: string | undefined,
): () => ReadonlyMap<string, PublicDocument> {
  let made: { readonly of: TrustBundle; readonly documents: ReadonlyMap<string, PublicDocument> } | undefined;
  return () => {
    const current = bundle();
    if (made?.of !== current) {
      made = { of: current, documents: publicDocuments(current, jwtIssuer) };
    }
    return made.documents;
  };
}

/** RFC 9110, section 13.1.2; a list that is too long to be looked at costs the sender a whole answer. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined || header.length > LIMITS.entityTagChars) {
    return false;
  }
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
