import { describe, expect, it } from 'vitest';
import type { AppEvent } from '../../../src/base/index.ts';
import { createMetrics } from '../../../src/observe/index.ts';
import { fakeClock } from '../../fakes/clock.ts';

const A = 'https://a.example';
const B = 'https://b.example';

function metrics() {
  const { sink, render, watchKeySets } = createMetrics({ clock: fakeClock(0), version: '1' });
  const send = (event: string, fields: AppEvent['fields']) =>
    sink({ level: 'info', event, message: 'm', ...(fields === undefined ? {} : { fields }) });
  const samples = async (prefix: string): Promise<readonly string[]> =>
    (await render()).split('\n').filter((line) => line.startsWith(prefix));
  return { send, samples, watchKeySets };
}

describe('tokens by issuer', () => {
  it('are counted as verified or by the cause of their refusal, and as remembered or not', async () => {
    const { send, samples } = metrics();
    send('authz.decision', { reason: 'allowed_by_policy', tokenIssuer: A, tokenCached: false });
    send('authz.decision', { reason: 'denied_no_rule', tokenIssuer: A, tokenCached: true });
    send('authz.decision', { reason: 'token_expired', tokenIssuer: A, tokenCached: true });
    send('authz.decision', { reason: 'token_signature', tokenIssuer: B, tokenCached: false });
    send('authz.decision', { reason: 'token_issuer_unknown' });
    send('authz.decision', { reason: 'denied_no_rule' });
    expect(await samples('sallyport_tokens_total')).toEqual([
      `sallyport_tokens_total{issuer="${A}",result="verified"} 2`,
      `sallyport_tokens_total{issuer="${A}",result="token_expired"} 1`,
      `sallyport_tokens_total{issuer="${B}",result="token_signature"} 1`,
      'sallyport_tokens_total{issuer="none",result="token_issuer_unknown"} 1',
    ]);
    expect(await samples('sallyport_token_cache_total')).toEqual([
      `sallyport_token_cache_total{issuer="${A}",result="miss"} 1`,
      `sallyport_token_cache_total{issuer="${A}",result="hit"} 2`,
      `sallyport_token_cache_total{issuer="${B}",result="miss"} 1`,
    ]);
  });

  it('stay bounded', async () => {
    const { send, samples } = metrics();
    for (let index = 0; index < 1000; index += 1) {
      send('authz.decision', { reason: 'allowed', tokenIssuer: `https://${index}`, tokenCached: true });
      send('keys.fetched', { issuers: [`https://${index}`] });
    }
    expect(await samples('sallyport_tokens_total')).toHaveLength(501);
    expect(await samples('sallyport_token_cache_total')).toHaveLength(501);
    expect(await samples('sallyport_issuer_key_fetches_total')).toHaveLength(501);
  });
});

describe('key sets by issuer', () => {
  it('count their fetches for every issuer that uses them', async () => {
    const { send, samples } = metrics();
    send('keys.fetched', { issuers: [A, B] });
    send('keys.fetch_failed', { issuers: [A] });
    send('keys.rejected', { issuers: [A] });
    send('keys.restored', { issuers: [A] });
    send('keys.fetched', {});
    expect(await samples('sallyport_issuer_key_fetches_total')).toEqual([
      `sallyport_issuer_key_fetches_total{issuer="${A}",result="fetched"} 1`,
      `sallyport_issuer_key_fetches_total{issuer="${B}",result="fetched"} 1`,
      `sallyport_issuer_key_fetches_total{issuer="${A}",result="failed"} 1`,
      `sallyport_issuer_key_fetches_total{issuer="${A}",result="rejected"} 1`,
    ]);
  });

  it('show age and number of keys as they are now, the worst of several sets', async () => {
    const { samples, watchKeySets } = metrics();
    let state = [
      { issuers: [A], status: 'ready', keys: 3, ageSeconds: 10 },
      { issuers: [A, B], status: 'ready', keys: 2, ageSeconds: 70 },
      { issuers: ['https://c.example'], status: 'expired', keys: 1, ageSeconds: 90_000 },
      { issuers: ['https://inline.example'], status: 'ready', keys: 1, ageSeconds: undefined },
      { issuers: ['https://new.example'], status: 'missing', keys: 0, ageSeconds: undefined },
    ];
    watchKeySets(() => state);
    expect(await samples('sallyport_issuer_keys_age_seconds')).toEqual([
      `sallyport_issuer_keys_age_seconds{issuer="${A}"} 70`,
      `sallyport_issuer_keys_age_seconds{issuer="${B}"} 70`,
      'sallyport_issuer_keys_age_seconds{issuer="https://c.example"} 90000',
    ]);
    expect(await samples('sallyport_issuer_keys{')).toEqual([
      `sallyport_issuer_keys{issuer="${A}"} 2`,
      `sallyport_issuer_keys{issuer="${B}"} 2`,
      'sallyport_issuer_keys{issuer="https://c.example"} 0',
      'sallyport_issuer_keys{issuer="https://inline.example"} 1',
      'sallyport_issuer_keys{issuer="https://new.example"} 0',
    ]);
    state = [];
    expect(await samples('sallyport_issuer_keys')).toEqual([]);
  });
});
