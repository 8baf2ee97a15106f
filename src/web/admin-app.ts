import { Hono } from 'hono';
import type { EventSink } from '../base/index.ts';
import { type Readiness, readinessBody } from './readiness.ts';

export interface AdminAppOptions {
  readonly readiness: () => Readiness;
  /** Whoever keeps the metrics; `observe`'s Metrics is one. */
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  readonly events: EventSink;
  /** Answers only requests that name this machine, so that no web page can be made to read it. */
  readonly localNamesOnly: boolean;
}

/** `/livez`, `/readyz` and `/metrics`. */
export function createAdminApp({ readiness, metrics, events, localNamesOnly }: AdminAppOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
    if (localNamesOnly && !isLocalName(context.req.header('host'))) {
      return context.json({ error: 'this listener answers to the names of its own machine only' }, 403);
    }
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      context.header('allow', 'GET, HEAD');
      return context.json({ error: 'only GET and HEAD are answered' }, 405);
    }
    return next();
  });
  app.get('/livez', (context) => context.text('ok\n'));
  app.get('/readyz', (context) => {
    const now = readiness();
    return context.json(readinessBody(now), now.isReady ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    const text = await metrics.render();
    return context.body(text, 200, { 'content-type': metrics.contentType });
  });
  app.notFound((context) => context.json({ error: 'there are /livez, /readyz and /metrics' }, 404));
  app.onError((error, context) => {
    events({
      level: 'error',
      event: 'web.request_failed',
      message: 'a request to the admin listener could not be answered',
      fields: { path: context.req.path.slice(0, 200) },
      error,
    });
    return context.json({ error: 'internal error' }, 500);
  });
  return app;
}

/** A page of another site reaches a local listener under that site's name (DNS rebinding), never under these. */
function isLocalName(host: string | undefined): boolean {
  return (
    host !== undefined &&
    /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/i.test(host)
  );
}
