import { lstatSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { callAdmin } from '../../../src/admin/index.ts';
import { adminSocketPath } from '../../../src/app/index.ts';
import { makeSite } from '../app/bed.ts';
import { fetchSecrets } from '../app/running.ts';
import { runCli, serve } from './run-cli.ts';

describe('after kill -9', () => {
  it('sockets that nobody listens at any more are taken over, those of agents and that of commands', async () => {
    const site = makeSite();
    const first = await serve(site.settingsPath);
    await first.end('SIGKILL');
    const admin = adminSocketPath(site.path('state'));
    for (const path of [site.path('run', 'web.sock'), site.path('run', 'authz.sock'), admin]) {
      expect(lstatSync(path).isSocket()).toBe(true);
    }
    const next = await serve(site.settingsPath);
    expect((await fetchSecrets(site, ['default'])).resources).toHaveLength(1);
    expect(await callAdmin(admin, 'authority.show', null)).toHaveLength(2);
    const second = await runCli(['serve', '--config', site.settingsPath]);
    expect(second.stderr).toContain('[ERR_STATE_LOCKED]');
    expect((await fetchSecrets(site, ['default'])).resources).toHaveLength(1);
    expect(await next.end('SIGTERM')).toBe(0);
    expect(() => lstatSync(admin)).toThrow();
  });
});
