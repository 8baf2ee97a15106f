import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { orMissing } from '../../toolchain/found.ts';
import { zlint } from '../../toolchain/zlint.ts';
import { makeChainKinds } from './chain-kinds.ts';

const folder = mkdtempSync(join(tmpdir(), 'sp-zlint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lints that do not fit certificates of a mesh, each with the reason. */
const EXCLUDED = JSON.parse(
  readFileSync(join(import.meta.dirname, 'zlint-excluded.json'), 'utf8'),
) as Readonly<Record<string, string>>;

const found = await orMissing(zlint);

type Findings = Readonly<Record<string, { readonly result: string }>>;

it('zlint has nothing against any certificate that we make, but for the lints that are excluded', async ({
  skip,
}) => {
  const [command] = 'missing' in found ? skip(found.missing) : found.command;
  const kinds = await makeChainKinds(folder);
  const complaints = kinds
    .flatMap(({ ours }) => ours)
    .flatMap((path) =>
      Object.entries(lint(command, path))
        .filter(([, { result }]) => !['pass', 'NA', 'NE'].includes(result))
        .map(([name]) => ({ name, file: basename(path) })),
    );
  expect(complaints.filter(({ name }) => !Object.hasOwn(EXCLUDED, name))).toEqual([]);
  // An exclusion that nothing needs any more goes.
  expect([...new Set(complaints.map(({ name }) => name))].sort()).toEqual(Object.keys(EXCLUDED).sort());
}, 120_000);

function lint(command: string, path: string): Findings {
  const { status, stdout, stderr } = spawnSync(command, [path], { encoding: 'utf8', timeout: 30_000 });
  expect(status, stderr).toBe(0);
  const findings = JSON.parse(stdout) as Findings;
  expect(Object.keys(findings).length, 'lints that were run').toBeGreaterThan(300);
  return findings;
}
