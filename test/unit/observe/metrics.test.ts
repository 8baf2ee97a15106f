import { describe, expect, it } from 'vitest';
import type { AppEvent } from '../../../src/base/index.ts';
import { createMetrics } from '../../../src/observe/index.ts';
import { fakeClock } from '../../fakes/clock.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function metrics() {
  const clock = fakeClock(NOW);
  const { sink, render } = createMetrics({ clock, version: '1.2.3' });
  const send = (event: string, fields: AppEvent['fields'] = {}, level: AppEvent['level'] = 'info') =>
    sink({ level, event, message: 'm', fields });
  const samples = async (prefix: string): Promise<readonly string[]> =>
    (await render()).split('\n').filter((line) => line.startsWith(prefix));
  return { clock, send, samples };
}

function decision(effect: string, reason: string, durationMicros: number) {
  return ['authz.decision', { effect, reason, profile: 'sidecar', durationMicros }] as const;
}

describe('createMetrics', () => {
  it('counts verdicts by effect, reason and profile, and measures them', async () => {
    const { send, samples } = metrics();
    send(...decision('allow', 'allowed_by_policy', 80));
    send(...decision('allow', 'allowed_by_policy', 3000));
    send(...decision('deny', 'denied_no_rule', 40));
    expect(await samples('sallyport_authz_decisions_total')).toEqual([
      'sallyport_authz_decisions_total{effect="allow",reason="allowed_by_policy",profile="sidecar"} 2',
      'sallyport_authz_decisions_total{effect="deny",reason="denied_no_rule",profile="sidecar"} 1',
    ]);
    expect(
      await samples('sallyport_authz_decision_duration_seconds_bucket{le="0.0001",effect="allow"}'),
    ).toEqual(['sallyport_authz_decision_duration_seconds_bucket{le="0.0001",effect="allow"} 1']);
    expect(await samples('sallyport_authz_decision_duration_seconds_count')).toEqual([
      'sallyport_authz_decision_duration_seconds_count{effect="allow"} 2',
      'sallyport_authz_decision_duration_seconds_count{effect="deny"} 1',
    ]);
  });

  it('counts every event by name and level', async () => {
    const { send, samples } = metrics();
    send('sds.nack', {}, 'warn');
    send('sds.nack', {}, 'warn');
    send('sds.pushed');
    expect(await samples('sallyport_events_total')).toEqual([
      'sallyport_events_total{event="sds.nack",level="warn"} 2',
      'sallyport_events_total{event="sds.pushed",level="info"} 1',
    ]);
  });

  it('counts reloads and says when the last was', async () => {
    const { clock, send, samples } = metrics();
    send('config.reloaded');
    await clock.advance(5000);
    send('config.reload_failed', {}, 'error');
    expect(await samples('sallyport_config_')).toEqual([
      'sallyport_config_reloads_total{result="taken_up"} 1',
      'sallyport_config_reloads_total{result="refused"} 1',
      `sallyport_config_last_reload_timestamp_seconds{result="taken_up"} ${NOW / 1000}`,
      `sallyport_config_last_reload_timestamp_seconds{result="refused"} ${NOW / 1000 + 5}`,
    ]);
  });

  it('follows key sets by origin', async () => {
    const { send, samples } = metrics();
    send('keys.fetched', { source: 'https://id.example.org' });
    send('keys.fetch_failed', { source: 'https://id.example.org' }, 'warn');
    expect(await samples('sallyport_keys_')).toEqual([
      'sallyport_keys_events_total{event="keys.fetched",source="https://id.example.org"} 1',
      'sallyport_keys_events_total{event="keys.fetch_failed",source="https://id.example.org"} 1',
      `sallyport_keys_last_fetch_timestamp_seconds{source="https://id.example.org"} ${NOW / 1000}`,
    ]);
  });

  it('shows when certificates end, and forgets them an hour after', async () => {
    const { clock, send, samples } = metrics();
    const end = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
    send('issuer.issued', { spiffeId: 'spiffe://example.org/a', notAfter: end(60) });
    send('issuer.issued', { spiffeId: 'spiffe://example.org/a', notAfter: end(120) });
    send('issuer.authorityActivated', { kind: 'root', notAfter: end(900) });
    send('issuer.authorityActivated', { kind: 'intermediate', notAfter: end(300) });
    const ofA = `sallyport_svid_not_after_timestamp_seconds{spiffe_id="spiffe://example.org/a"} ${NOW / 1000 + 120}`;
    expect(await samples('sallyport_svid_not_after')).toEqual([ofA]);
    expect(await samples('sallyport_svids_issued_total')).toEqual(['sallyport_svids_issued_total 2']);
    expect(await samples('sallyport_authority_')).toEqual([
      `sallyport_authority_not_after_timestamp_seconds{kind="root"} ${NOW / 1000 + 900}`,
      `sallyport_authority_not_after_timestamp_seconds{kind="intermediate"} ${NOW / 1000 + 300}`,
    ]);
    await clock.advance(3_720_000);
    expect(await samples('sallyport_svid_not_after')).toEqual([ofA]);
    await clock.advance(1000);
    expect(await samples('sallyport_svid_not_after')).toEqual([]);
  });

  it('stays bounded whatever comes in', async () => {
    const { send, samples } = metrics();
    const notAfter = new Date(NOW + 60_000).toISOString();
    for (let index = 0; index < 2000; index += 1) {
      send(`made.up_${index}`);
      send('authz.decision', { effect: 'deny', reason: `r${index}`, profile: `p${index}` });
      send('keys.fetched', { source: `https://${index}.example.org` });
      send('issuer.issued', { spiffeId: `spiffe://example.org/${index}`, notAfter });
    }
    expect((await samples('sallyport_events_total')).length).toBe(301);
    expect((await samples('sallyport_authz_decisions_total')).length).toBe(101);
    expect((await samples('sallyport_keys_last_fetch')).length).toBe(201);
    expect((await samples('sallyport_svid_not_after')).length).toBe(1000);
  });

  it('survives events without the fields it looks for', async () => {
    const { send, samples } = metrics();
    for (const event of ['authz.decision', 'keys.fetched', 'issuer.issued', 'issuer.authorityActivated']) {
      send(event);
    }
    expect(await samples('sallyport_authz_decisions_total')).toEqual([
      'sallyport_authz_decisions_total{effect="unknown",reason="unknown",profile="unknown"} 1',
    ]);
    expect(await samples('sallyport_svid_not_after')).toEqual([]);
  });

  it('tells of the process and its version', async () => {
    const { samples } = metrics();
    expect(await samples('sallyport_build_info')).toEqual(['sallyport_build_info{version="1.2.3"} 1']);
    expect((await samples('process_resident_memory_bytes')).length).toBe(1);
    expect((await samples('nodejs_eventloop_lag_p99_seconds')).length).toBe(1);
  });
});
