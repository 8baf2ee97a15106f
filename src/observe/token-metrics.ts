import { Counter, Gauge, type Registry } from 'prom-client';
import type { AppEvent } from '../base/index.ts';
import { boundedLabel } from './labels.ts';

/** A key set as far as metrics show it; `keys` has such ones. */
export interface IssuerKeys {
  /** Of the rules that name it. */
  readonly issuers: readonly string[];
  readonly status: string;
  readonly keys: number;
  /** Undefined for sets that are not fetched, and without keys. */
  readonly ageSeconds: number | undefined;
}

/** Issuers are those of rules, which files bound; a great many files still fill no memory. */
const ISSUERS_MAX = 500;
/** Where no rule names the issuer of a token. */
const NO_ISSUER = 'none';

/** Tokens and fetches by issuer, from events, and the keys of each issuer as they are when asked for. */
export function createTokenMetrics(
  registry: Registry,
  keySets: () => readonly IssuerKeys[],
): (event: AppEvent) => void {
  const issuerOf = boundedLabel(ISSUERS_MAX);
  const countTokens = createTokenCounts(registry, issuerOf);
  const countFetches = createFetchCounts(registry, issuerOf);
  showKeys(registry, keySets, issuerOf);
  return (event) => {
    countTokens(event);
    countFetches(event);
  };
}

type LabelOf = (value: unknown) => string;

function createTokenCounts(registry: Registry, issuerOf: LabelOf): (event: AppEvent) => void {
  const tokens = new Counter({
    name: 'sallyport_tokens_total',
    help: 'Tokens by issuer of the rule that judged them: verified, or the reason they were refused for.',
    labelNames: ['issuer', 'result'],
    registers: [registry],
  });
  const cache = new Counter({
    name: 'sallyport_token_cache_total',
    help: 'Tokens by issuer whose verdict was remembered (hit) or worked out (miss).',
    labelNames: ['issuer', 'result'],
    registers: [registry],
  });
  const results = boundedLabel(50);
  return ({ event, fields }) => {
    const named = fields?.['tokenIssuer'];
    const reason = String(fields?.['reason']);
    const isRefused = reason.startsWith('token_');
    if (event !== 'authz.decision' || (named === undefined && !isRefused)) {
      return;
    }
    const issuer = named === undefined ? NO_ISSUER : issuerOf(named);
    tokens.inc({ issuer, result: isRefused ? results(reason) : 'verified' });
    const cached = fields?.['tokenCached'];
    if (typeof cached === 'boolean') {
      cache.inc({ issuer, result: cached ? 'hit' : 'miss' });
    }
  };
}

const FETCHES: Readonly<Record<string, 'fetched' | 'failed' | 'rejected'>> = {
  'keys.fetched': 'fetched',
  'keys.fetch_failed': 'failed',
  'keys.rejected': 'rejected',
};

function createFetchCounts(registry: Registry, issuerOf: LabelOf): (event: AppEvent) => void {
  const fetches = new Counter({
    name: 'sallyport_issuer_key_fetches_total',
    help: 'Fetches of key sets by issuer: fetched, failed (no answer), or rejected (an answer of no use).',
    labelNames: ['issuer', 'result'],
    registers: [registry],
  });
  return ({ event, fields }) => {
    const result = FETCHES[event];
    const issuers = fields?.['issuers'];
    if (result !== undefined && Array.isArray(issuers)) {
      for (const issuer of issuers) {
        fetches.inc({ issuer: issuerOf(issuer), result });
      }
    }
  };
}

/** Of an issuer with several sets, the oldest age and the smallest number count. */
function showKeys(registry: Registry, keySets: () => readonly IssuerKeys[], issuerOf: LabelOf): void {
  const byIssuer = (read: (keySet: IssuerKeys) => number | undefined, worst: typeof Math.max) => {
    const values = new Map<string, number>();
    for (const keySet of keySets()) {
      const value = read(keySet);
      for (const issuer of value === undefined ? [] : keySet.issuers.map(issuerOf)) {
        values.set(issuer, worst(value ?? 0, values.get(issuer) ?? value ?? 0));
      }
    }
    return values;
  };
  const gauge = (name: string, help: string, read: () => ReadonlyMap<string, number>): void => {
    new Gauge({
      name,
      help,
      labelNames: ['issuer'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [issuer, value] of read()) {
          this.set({ issuer }, value);
        }
      },
    });
  };
  gauge(
    'sallyport_issuer_keys_age_seconds',
    'How long ago the key server of an issuer last gave its keys; absent where keys are inline or missing.',
    () => byIssuer(({ ageSeconds }) => ageSeconds, Math.max),
  );
  gauge(
    'sallyport_issuer_keys',
    'Keys of an issuer that can verify now; 0 when they are missing, of no use or too old.',
    () => byIssuer(({ status, keys }) => (status === 'ready' ? keys : 0), Math.min),
  );
}
