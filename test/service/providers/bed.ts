import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ProviderAnswer, ProviderQuestion, QuestionHttp } from '../../../src/authz/index.ts';
import { type Clock, systemClock } from '../../../src/base/index.ts';
import { createProviders, type Providers } from '../../../src/providers/index.ts';
import { extensionProvidersOption } from '../../../src/providers/options.ts';
import { type EventLog, eventLog } from '../../fakes/events.ts';
import { attributesOf, encodeCheck } from '../../unit/authz/bed.ts';

export interface Bench {
  readonly providers: Providers;
  readonly log: EventLog;
  ask(changes?: Partial<QuestionHttp> | 'tcp', waitMillis?: number): Promise<ProviderAnswer>;
}

/** One provider named `p`, from settings as a person writes them. */
export async function bench(
  protocol: 'envoyExtAuthzGrpc' | 'envoyExtAuthzHttp',
  port: number,
  settings: object = {},
  clock: Clock = systemClock,
): Promise<Bench> {
  const log = eventLog();
  const options = extensionProvidersOption.parse([
    { name: 'p', [protocol]: { service: '127.0.0.1', port, ...settings } },
  ]);
  const providers = await createProviders({ options, clock, events: log.sink });
  onTestFinished(() => providers.stop());
  return {
    providers,
    log,
    ask: (changes = {}, waitMillis = 5000) => providers.ask(questionOf(providers, changes), waitMillis),
  };
}

function questionOf(providers: Providers, changes: Partial<QuestionHttp> | 'tcp'): ProviderQuestion {
  const provider = providers.byName.get('p');
  if (provider === undefined) {
    throw new Error('no provider');
  }
  const extensions = { 'sallyport.workload': 'shop/orders', tier: 'gold' };
  const bytes = encodeCheck(
    attributesOf({ extensions, ...(changes === 'tcp' ? { attributes: { request: undefined } } : {}) }),
  );
  const http =
    changes === 'tcp'
      ? undefined
      : {
          method: 'GET',
          host: 'orders.shop',
          path: '/orders?a=1',
          headers: new Map([
            [':path', ['/orders?a=1']],
            ['authorization', ['Bearer t']],
            ['x-team', ['a', 'b']],
            ['x-other', ['c']],
            ['connection', ['close']],
          ]),
          body: new Uint8Array(),
          ...changes,
        };
  return { provider, bytes, http };
}

/** A file with the certificate of a CA, removed when the test ends. */
export function caFileOf({ certificatePem }: { readonly certificatePem: string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'sp-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'ca.pem'), certificatePem);
  return join(folder, 'ca.pem');
}

/** A port where nobody listens. */
export const NOBODY = 1;
