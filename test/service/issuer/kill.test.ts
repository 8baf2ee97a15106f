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
/** Later ones live until they promised so much, and a moment longer: the machine may be slow. */
const LIFE_PROMISES = 16;
const MOMENT_MILLIS = 20;
/** The inventory keeps a certificate for a day after its end. */
const REMEMBERED_MILLIS = 24 * 3_600_000;

interface Promised {
  readonly timeMillis: number;
  readonly serial: string;
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
    const isFirst = last === undefined;
    const lines = await liveAndDie(folder, last?.timeMillis ?? START_MILLIS, {
      promises: isFirst ? 0 : Math.floor(systemRandom.fraction() * LIFE_PROMISES),
      thenMillis: systemRandom.fraction() * (isFirst ? FIRST_START_MILLIS : MOMENT_MILLIS),
    });
    promises += lines.length;
    last = lines.at(-1) ?? last;
    await expectNothingLost(folder, last, lines);
  }
  return { promises, sequence: last?.sequence ?? 0 };
}

/** Starts the child, kills it so long after so many promises; returns what it promised. */
async function liveAndDie(
  folder: string,
  startMillis: number,
  life: { readonly promises: number; readonly thenMillis: number },
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
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    lines += 1;
    // The first line says only that it begins.
    if (lines > 1 && line.endsWith('}')) {
      promised.push(JSON.parse(line) as Promised);
    }
    if (lines === life.promises + 1) {
      void sleep(life.thenMillis).then(() => child.kill('SIGKILL'));
    }
  }
  expect(await exit, errors).toBe('SIGKILL');
  return promised;
}

/** The next start works, has every root that was published and knows every certificate that left; the last is good. */
async function expectNothingLost(
  folder: string,
  last: Promised | undefined,
  lines: readonly Promised[],
): Promise<void> {
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
      for (const { serial } of lines.filter(
        ({ timeMillis }) => timeMillis > last.timeMillis - REMEMBERED_MILLIS,
      )) {
        expect(running.issuer.certificates.show(serial).serial).toBe(serial);
      }
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
