import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { callAdmin } from '../../../src/admin/index.ts';
import { adminSocketPath } from '../../../src/app/index.ts';
import type { AuthorityView } from '../../../src/issuer/index.ts';
import { cacertsMaker } from '../../fakes/cacerts.ts';
import { runCli } from '../cli/run-cli.ts';
import { makeSite, SETTINGS } from './bed.ts';
import { start } from './running.ts';

const WITH_UPSTREAM = `${SETTINGS}ca: { upstream: { cacerts: ./cacerts } }\n`;

describe('ca.upstream', () => {
  it('signs by a folder as Istio has it, takes up a new CA in it, and cannot rotate its root', async () => {
    const site = makeSite(WITH_UPSTREAM);
    const ca = cacertsMaker();
    ca.root('root');
    ca.under('root', 'first');
    ca.under('root', 'second');
    ca.write(site.path('cacerts'), 'first', [], ['root']);
    const mint = (folder: string) =>
      runCli(
        ['mint', 'x509', '--config', site.settingsPath, '--spiffe-id', 'spiffe://example.org/a'].concat(
          '--write',
          site.path(folder),
        ),
      );
    expect((await mint('alone')).code).toBe(0);
    const running = await start(site);
    const socket = adminSocketPath(site.path('state'));
    const serials = async () =>
      ((await callAdmin(socket, 'authority.show', null)) as readonly AuthorityView[])
        .filter(({ kind }) => kind === 'intermediate')
        .map(({ serial }) => serial);
    const [before] = await serials();
    ca.write(site.path('cacerts'), 'second', [], ['root']);
    await expect.poll(serials, { timeout: 10_000 }).not.toEqual([before]);
    expect((await mint('beside')).code).toBe(0);
    for (const folder of ['alone', 'beside']) {
      const chain = site.path(folder, 'svid.0.pem');
      const root = site.path('cacerts', 'root-cert.pem');
      const said = execFileSync('openssl', [
        'verify',
        '-CAfile',
        root,
        '-untrusted',
        chain,
        chain,
      ]).toString();
      expect(said).toContain('OK');
    }
    const prepare = await runCli(['authority', 'prepare', 'root', '--config', site.settingsPath]);
    expect(prepare.stderr).toContain('the key of its root is not here');
    await running.stop();
    const renew = await runCli(['authority', 'renew-root', '--config', site.settingsPath]);
    expect(renew.stderr).toContain('its key is not here');
  });
});
