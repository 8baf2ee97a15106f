import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { codeOf } from '../../unit/issuer/on-folder.ts';
import { makeSite, SETTINGS, type Site } from './bed.ts';
import { fetchSecrets, start } from './running.ts';

const WITH_SECRET = `${SETTINGS}secrets:
  - { name: oauth-key, file: ./oauth.key, spiffeIds: ["spiffe://example.org/ns/web/sa/frontend"] }
`;

function siteWith(content: string | undefined, mode = 0o600): Site {
  const site = makeSite(WITH_SECRET);
  if (content !== undefined) {
    writeFileSync(site.path('oauth.key'), content, { mode });
  }
  return site;
}

async function served(site: Site): Promise<string> {
  const { resources } = await fetchSecrets(site, ['oauth-key']);
  return Buffer.from(resources[0]?.value ?? []).toString('latin1');
}

describe('secrets in files', () => {
  it('are served, followed, and kept when their file becomes unusable', async () => {
    const site = siteWith('first secret');
    const running = await start(site);
    expect(await served(site)).toContain('first secret');
    writeFileSync(site.path('oauth.key'), 'second secret');
    await expect.poll(() => served(site), { timeout: 10_000 }).toContain('second secret');
    chmodSync(site.path('oauth.key'), 0o644);
    await expect.poll(() => running.logged('app.secret_unreadable').length, { timeout: 10_000 }).toBe(1);
    expect(await served(site)).toContain('second secret');
    rmSync(site.path('oauth.key'));
    await expect.poll(() => running.logged('app.secret_unreadable').length, { timeout: 10_000 }).toBe(2);
    expect(await served(site)).toContain('second secret');
    expect(JSON.stringify(running.lines)).not.toMatch(/first secret|second secret/);
  });

  it.each([
    ['that is missing', undefined, 0o600, 'ERR_FILE_UNREADABLE'],
    ['that others can read', 'secret', 0o640, 'ERR_STATE_KEY_OPEN'],
    ['that is empty', '', 0o600, 'ERR_LIMIT_EXCEEDED'],
    ['one byte too large', 'x'.repeat(LIMITS.secretBytes + 1), 0o600, 'ERR_LIMIT_EXCEEDED'],
  ])('a file %s keeps it from starting', async (_, content, mode, code) => {
    expect(await codeOf(() => start(siteWith(content, mode)))).toBe(code);
  });

  it('a file as large as it may be is served', async () => {
    const site = siteWith('x'.repeat(LIMITS.secretBytes));
    await start(site);
    expect((await served(site)).length).toBeGreaterThan(LIMITS.secretBytes);
  });
});
