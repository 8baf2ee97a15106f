import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AppEvent, Clock, EventSink } from '../base/index.ts';
import { createCertificateEnds } from './certificate-ends.ts';
import { boundedLabel } from './labels.ts';
import { createTokenMetrics, type IssuerKeys } from './token-metrics.ts';

/** Prometheus metrics, counted from events. */
export interface Metrics {
  readonly sink: EventSink;
  /** Whom to ask for the keys of issuers. */
  watchKeySets(state: () => readonly IssuerKeys[]): void;
  /** The text of `/metrics`. */
  render(): Promise<string>;
  /** Its media type. */
  readonly contentType: string;
}

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
}

export function createMetrics({ clock, version }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'sallyport_build_info',
    help: 'Always 1; the version is its label.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  let keySets = (): readonly IssuerKeys[] => [];
  const handlers: readonly ((event: AppEvent) => void)[] = [
    countEvents(registry),
    countDecisions(registry),
    countProviders(registry),
    countReloads(registry, clock),
    watchKeys(registry, clock),
    createTokenMetrics(registry, () => keySets()),
    createCertificateEnds(registry, clock),
  ];
  return {
    sink(event) {
      for (const handle of handlers) {
        handle(event);
      }
    },
    watchKeySets(state) {
      keySets = state;
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

const EVENTS_MAX = 300;

/** Everything by its name: `sds.nack`, `keys.fetch_failed`, `issuer.renewalFailed`, … */
function countEvents(registry: Registry): (event: AppEvent) => void {
  const events = new Counter({
    name: 'sallyport_events_total',
    help: 'Events by name and level; the names are those of the log.',
    labelNames: ['event', 'level'],
    registers: [registry],
  });
  const names = boundedLabel(EVENTS_MAX);
  return ({ event, level }) => events.inc({ event: names(event), level });
}

function countDecisions(registry: Registry): (event: AppEvent) => void {
  const decisions = new Counter({
    name: 'sallyport_authz_decisions_total',
    help: 'Verdicts by effect (allow, deny, undecided), reason code and profile of the listener.',
    labelNames: ['effect', 'reason', 'profile'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'sallyport_authz_decision_duration_seconds',
    help: 'From the arrival of a Check to its reply, waiting for key sets included.',
    labelNames: ['effect'],
    buckets: [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers: [registry],
  });
  const [effects, reasons, profiles] = [boundedLabel(10), boundedLabel(100), boundedLabel(100)];
  return ({ event, fields }) => {
    if (event !== 'authz.decision') {
      return;
    }
    const effect = effects(fields?.['effect']);
    decisions.inc({ effect, reason: reasons(fields?.['reason']), profile: profiles(fields?.['profile']) });
    const micros = fields?.['durationMicros'];
    if (typeof micros === 'number') {
      durations.observe({ effect }, micros / 1_000_000);
    }
  };
}

/** What extension providers answered; there are as many as the settings name. */
function countProviders(registry: Registry): (event: AppEvent) => void {
  const labelNames = ['provider', 'outcome'] as const;
  const answers = new Counter({
    name: 'sallyport_provider_answers_total',
    help: 'Answers of the providers of CUSTOM policies: allow, deny, or why there was none.',
    labelNames,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'sallyport_provider_answer_duration_seconds',
    help: 'From a question to a provider to its answer.',
    labelNames,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  });
  const [providers, outcomes] = [boundedLabel(100), boundedLabel(10)];
  return ({ event, fields }) => {
    const micros = fields?.['durationMicros'];
    if (event === 'provider.answered' && typeof micros === 'number') {
      const labels = { provider: providers(fields?.['provider']), outcome: outcomes(fields?.['outcome']) };
      answers.inc(labels);
      durations.observe(labels, micros / 1_000_000);
    }
  };
}

const RELOADS: Readonly<Record<string, 'taken_up' | 'refused'>> = {
  'config.reloaded': 'taken_up',
  'config.reload_failed': 'refused',
};

function countReloads(registry: Registry, clock: Clock): (event: AppEvent) => void {
  const reloads = new Counter({
    name: 'sallyport_config_reloads_total',
    help: 'Changes of policies, workloads and entries: taken up, or refused with the old set serving on.',
    labelNames: ['result'],
    registers: [registry],
  });
  const last = new Gauge({
    name: 'sallyport_config_last_reload_timestamp_seconds',
    help: 'When a change was last taken up or refused.',
    labelNames: ['result'],
    registers: [registry],
  });
  return ({ event }) => {
    const result = RELOADS[event];
    if (result !== undefined) {
      reloads.inc({ result });
      last.set({ result }, clock.nowMillis() / 1000);
    }
  };
}

const SOURCES_MAX = 200;

function watchKeys(registry: Registry, clock: Clock): (event: AppEvent) => void {
  const fetches = new Counter({
    name: 'sallyport_keys_events_total',
    help: 'What happened to the key sets of token issuers, by origin.',
    labelNames: ['event', 'source'],
    registers: [registry],
  });
  const last = new Gauge({
    name: 'sallyport_keys_last_fetch_timestamp_seconds',
    help: 'When keys were last fetched from an origin with success.',
    labelNames: ['source'],
    registers: [registry],
  });
  const [names, sources] = [boundedLabel(50), boundedLabel(SOURCES_MAX)];
  return ({ event, fields }) => {
    if (!event.startsWith('keys.')) {
      return;
    }
    const source = sources(fields?.['source']);
    fetches.inc({ event: names(event), source });
    if (event === 'keys.fetched') {
      last.set({ source }, clock.nowMillis() / 1000);
    }
  };
}
