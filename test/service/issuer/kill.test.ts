import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/index.ts';
import { readCertificate, verifySvid } from '../../../src/x509/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { chain, requestFor, run, START_MILLIS } from '../../unit/issuer/on-folder.ts';

const FOLDERS = 4;
const KILLS_PER_FOLDER = 9;
/** A first start takes about this long. */
const FIRST_START_MILLIS = 80;
const LIFE_MILLIS = 400;

interface Promised {
  readonly timeMillis: number;
  readonly sequence: number;
  readonly roots: readonly string[];
  readonly chain: readonly string[];
}

it(`${FOLDERS * KILLS_PER_FOLDER} kills at random moments of first start, issuance and rotation lose nothing`, async () => {
  let promises = 0;
  let sequences = 0;
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const parent = mkdtempSync(join(tmpdir(), 'sp-kill-'));
    try {
      const result = await killAgainAndAgain(join(parent, 'state'));
      promises += result.promises;
      sequences += result.sequence;
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  }
  expect(promises, 'certificates that were handed out before a kill').toBeGreaterThan(100);
  expect(sequences, 'bundles that were published').toBeGreaterThan(FOLDERS);
}, 300_000);

async function killAgainAndAgain(
  folder: string,
): Promise<{ readonly promises: number; readonly sequence: number }> {
  let last: Promised | undefined;
  let promises = 0;
  for (let kill = 0; kill < KILLS_PER_FOLDER; kill += 1) {
    const lifeMillis = systemRandom.fraction() * (last === undefined ? FIRST_START_MILLIS : LIFE_MILLIS);
    const lines = await liveAndDie(folder, last?.timeMillis ?? START_MILLIS, lifeMillis);
    promises += lines.length;
    last = lines.at(-1) ?? last;
    await expectNothingLost(folder, last);
  }
  return { promises, sequence: last?.sequence ?? 0 };
}

/** Starts the child, lets it live for so long after its first line, kills it; returns what it promised. */
async function liveAndDie(
  folder: string,
  startMillis: number,
  lifeMillis: number,
): Promise<readonly Promised[]> {
  const script = join(import.meta.dirname, 'kill-child.ts');
  const child = spawn(process.execPath, [script, folder, String(startMillis)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exit = new Promise<string | number | null>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  );
  const promised: Promised[] = [];
  let begun = false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!begun) {
      begun = true;
      void sleep(lifeMillis).then(() => child.kill('SIGKILL'));
    } else if (line.endsWith('}')) {
      promised.push(JSON.parse(line) as Promised);
    }
  }
  expect(await exit, errors).toBe('SIGKILL');
  return promised;
}

/** The next start works, has every root that was published, and what was handed out is still good. */
async function expectNothingLost(folder: string, last: Promised | undefined): Promise<void> {
  const running = await run(folder, fakeClock(last?.timeMillis ?? START_MILLIS), {
    rootTtl: '12d',
    caTtl: '24h',
    svidTtl: '3h',
  });
  try {
    expect(await chain(running)).toHaveLength(3);
    expect((await running.issuer.mintX509(requestFor('/b'))).certificates).toHaveLength(2);
    if (last !== undefined) {
      const bundle = running.issuer.bundle();
      expect(bundle.sequence).toBeGreaterThanOrEqual(last.sequence);
      const nowSeconds = running.clock.nowMillis() / 1000;
      const roots = bundle.x509Authorities.map((der) => Buffer.from(der).toString('base64'));
      const unexpired = last.roots.filter(
        (root) => readCertificate(Buffer.from(root, 'base64')).notAfterSeconds > nowSeconds,
      );
      expect(roots).toEqual(expect.arrayContaining([...unexpired]));
      verifySvid(
        last.chain.map((der) => Buffer.from(der, 'base64')),
        bundle,
        nowSeconds,
      );
    }
  } finally {
    running.close();
  }
}
