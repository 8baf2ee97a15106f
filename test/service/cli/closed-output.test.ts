import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeSite } from '../app/bed.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');

it('a reader that closes its end keeps no command from finishing, and brings up no stack', async () => {
  const site = makeSite();
  const id = 'spiffe://example.org/ns/web/sa/cli';
  const args = [
    'mint',
    'x509',
    '--config',
    site.settingsPath,
    '--spiffe-id',
    id,
    '--write',
    site.path('cli'),
  ];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => {
    stderr += part.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(existsSync(site.path('cli', 'svid.0.key'))).toBe(true);
});
