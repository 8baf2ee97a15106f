import { existsSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkFiles, startSallyport } from '../../../src/app/index.ts';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { callUnary } from '../grpc/call-unary.ts';
import { ALLOW_ORDERS, ENTRY, makeSite, SETTINGS, type Site } from './bed.ts';
import { adminUrl, check, fetchSecrets, health, start } from './running.ts';

const DENY_ALL = ALLOW_ORDERS.replace('name: readers', 'name: closed').replace(
  'spec:\n',
  'spec:\n  action: DENY\n',
);

async function reasonOf(site: Site, path: string): Promise<string | undefined> {
  const { status, denied_response } = await check(site, path);
  return status.code === 0
    ? 'allowed'
    : denied_response?.headers.find(({ header }) => header.key === 'x-sallyport-reason')?.header.value;
}

describe('a running sallyport', () => {
  it('gives verdicts, certificates, health and metrics from one set of files', async () => {
    const site = makeSite();
    const running = await start(site);
    expect(await reasonOf(site, '/orders')).toBe('allowed');
    expect(await reasonOf(site, '/admin')).toBe('denied_no_rule');
    const { resources } = await fetchSecrets(site, ['default', 'ROOTCA']);
    expect(resources).toHaveLength(2);
    expect(await health(site, 'authz.sock')).toBe('SERVING');
    expect(await health(site, 'web.sock')).toBe('SERVING');
    expect(await (await fetch(`${adminUrl(running)}/readyz`)).json()).toMatchObject({
      status: 'ready',
      parts: { policies: 'ready', authority: 'ready', listeners: 'ready' },
    });
    const metrics = await (await fetch(`${adminUrl(running)}/metrics`)).text();
    expect(metrics).toContain('reason="denied_no_rule"');
    expect(running.logged('authz.decision')).toMatchObject([
      { effect: 'allow', reason: 'allowed_by_policy', policy: 'shop/readers', rule: 0, path: '/orders' },
      { effect: 'deny', reason: 'denied_no_rule', path: '/admin' },
    ]);
    expect(running.logged('sds.nack')).toEqual([]);
  });

  it('writes no private key into its log', async () => {
    const site = makeSite();
    const running = await start(site);
    await fetchSecrets(site, ['default']);
    expect(JSON.stringify(running.lines)).not.toContain('PRIVATE KEY');
  });

  it('denies a Check that is empty, and answers it', async () => {
    const site = makeSite();
    await start(site);
    const service = 'envoy.service.auth.v3.Authorization';
    expect(await callUnary(site.path('run', 'authz.sock'), service, 'Check', {})).toMatchObject({
      status: { code: 7 },
      denied_response: { status: { code: 'Forbidden' } },
    });
  });

  it('keeps its root over a restart, and leaves no socket behind', async () => {
    const site = makeSite();
    const first = await start(site);
    const { resources } = await fetchSecrets(site, ['ROOTCA']);
    await first.stop();
    expect(existsSync(site.path('run', 'web.sock'))).toBe(false);
    await start(site);
    expect((await fetchSecrets(site, ['ROOTCA'])).resources).toEqual(resources);
  });

  it('says who holds the state folder to a second one', async () => {
    const site = makeSite();
    await start(site);
    const second = startSallyport({
      settingsPath: site.settingsPath,
      clock: systemClock,
      random: systemRandom,
      output: { write: () => undefined },
    });
    await expect(second).rejects.toMatchObject({ code: 'ERR_STATE_LOCKED' });
    expect(await health(site, 'authz.sock')).toBe('SERVING');
  });

  it('opens nothing when one listener cannot be opened', async () => {
    const site = makeSite(SETTINGS.replace('unix:run/web.sock', 'unix:nowhere/web.sock'));
    const failed = startSallyport({
      settingsPath: site.settingsPath,
      clock: systemClock,
      random: systemRandom,
      output: { write: () => undefined },
    });
    await expect(failed).rejects.toMatchObject({ code: 'ERR_GRPC_LISTEN' });
    expect(existsSync(site.path('run', 'authz.sock'))).toBe(false);
    site.write('sallyport.yaml', SETTINGS);
    await start(site);
  });
});

it('check warns of the folder of a socket that is not there, and of nothing else', async () => {
  const site = makeSite();
  expect((await checkFiles(site.settingsPath, systemClock)).diagnostics).toEqual([]);
  rmSync(site.path('run'), { recursive: true });
  const { diagnostics, summary } = await checkFiles(site.settingsPath, systemClock);
  expect(diagnostics).toMatchObject([{ code: 'ERR_GRPC_LISTEN', severity: 'warning' }]);
  expect(summary).toContain('1 AuthorizationPolicy');
});

describe('changed files', () => {
  it('are obeyed without a restart', async () => {
    const site = makeSite();
    await start(site);
    expect(await reasonOf(site, '/orders')).toBe('allowed');
    site.write('policies/closed.yaml', DENY_ALL);
    await expect
      .poll(() => reasonOf(site, '/orders'), { timeout: 10_000, interval: 20 })
      .toBe('denied_by_policy');
    rmSync(site.path('policies', 'closed.yaml'));
    await expect.poll(() => reasonOf(site, '/orders'), { timeout: 10_000, interval: 20 }).toBe('allowed');
  });

  it.each([
    ['hold broken YAML', (site: Site) => site.write('policies/bad.yaml', 'a: [')],
    [
      'hold an unknown field',
      (site: Site) => site.write('policies/readers.yaml', `${ALLOW_ORDERS}  sped: 1\n`),
    ],
    ['are all gone', (site: Site) => rmSync(site.path('policies', 'readers.yaml'))],
    ['are gone with their folder', (site: Site) => rmSync(site.path('policies'), { recursive: true })],
    ['hold no policy any more', (site: Site) => site.write('policies/readers.yaml', '# nothing\n')],
    [
      'ask for an identity of our own',
      (site: Site) =>
        site.write('entries/web.yaml', ENTRY.replace('/ns/web/sa/frontend', '/sallyport/server')),
    ],
  ])('that %s leave the old set serving, and log and /readyz say so', async (_, spoil) => {
    const site = makeSite();
    const running = await start(site);
    spoil(site);
    await expect
      .poll(() => running.logged('config.reload_failed').length, { timeout: 10_000 })
      .toBeGreaterThan(0);
    expect(await reasonOf(site, '/orders')).toBe('allowed');
    expect(await reasonOf(site, '/admin')).toBe('denied_no_rule');
    expect((await fetchSecrets(site, ['default'])).resources).toHaveLength(1);
    const answer = await fetch(`${adminUrl(running)}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ lastReload: { outcome: 'refused' } });
    expect(running.logged('config.problem').length).toBeGreaterThan(0);
  });

  it('that remove the last policy are taken up where that was allowed', async () => {
    const site = makeSite(`${SETTINGS}allowNoPolicies: true\n`);
    await start(site);
    rmSync(site.path('policies', 'readers.yaml'));
    await expect.poll(() => reasonOf(site, '/admin'), { timeout: 10_000 }).toBe('allowed');
  });

  it('give a new entry to the caller without a restart', async () => {
    const site = makeSite();
    await start(site);
    site.write('entries/web.yaml', ENTRY.replace('sa/frontend', 'sa/backend'));
    const name = 'spiffe://example.org/ns/web/sa/backend';
    const served = async (): Promise<number> => (await fetchSecrets(site, [name])).resources.length;
    await expect.poll(() => served().catch(() => 0), { timeout: 10_000 }).toBe(1);
  });
});
