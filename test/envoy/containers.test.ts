import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { DEFAULT_ENVOY_VERSION } from '../../src/envoy/index.ts';
import { containerRuntimes, labFiles, labStages, type Runtime, writeLabFiles } from '../../src/lab/index.ts';
import {
  docker,
  type EngineAnswer,
  RUN_LABEL,
  removeAbandonedRuns,
} from '../../src/lab/runtime-containers-engine.ts';
import { SALLYPORT_IMAGE } from '../../src/lab/runtime-containers-images.ts';

const OPTIONS = {
  clock: systemClock,
  envoyVersion: DEFAULT_ENVOY_VERSION,
  ports: new Map<string, number>(),
  progress: (line: string): void => void process.stderr.write(`${line}\n`),
};
/** What our layers may add to Node's image. */
const OWN_MEGABYTES_MAX = 60;
const CONFINED = ['run', '--rm', '--read-only', '--cap-drop', 'ALL', '--network', 'none', SALLYPORT_IMAGE];

let problem: string | undefined;

beforeAll(async () => {
  problem = await containerRuntimes.problem(OPTIONS);
  if (process.env['LAB_RUNTIME'] === 'docker') {
    expect(problem).toBeUndefined();
  }
});

beforeEach((context) => {
  context.skip(problem !== undefined, problem);
});

describe('the image', () => {
  it('is run by somebody who is not root', async () => {
    const { stdout } = await docker(['inspect', '--format', '{{.Config.User}}', SALLYPORT_IMAGE]);
    expect(stdout).toBe('node');
  });

  it('works where nothing can be written and nothing is allowed', async () => {
    const { isDone, stdout } = await docker([...CONFINED, '--version']);
    expect(isDone).toBe(true);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('holds no more than it needs', async () => {
    const { stdout } = await docker(['history', '--human=false', '--format', '{{.Size}}', SALLYPORT_IMAGE]);
    const base = await docker(['history', '--human=false', '--format', '{{.Size}}', 'node:26-bookworm-slim']);
    expect((sum(stdout) - sum(base.stdout)) / 1e6).toBeLessThan(OWN_MEGABYTES_MAX);
  });

  it('has neither sources nor tools of development', async () => {
    const list = ['run', '--rm', '--entrypoint', 'ls', SALLYPORT_IMAGE, '/app', '/app/node_modules'];
    const { stdout } = await docker(list);
    const names = stdout.split('\n');
    expect(names).toEqual(expect.arrayContaining(['dist', 'proto', '@grpc']));
    for (const name of ['src', 'test', 'typescript', 'vitest', 'testcontainers']) {
      expect(names).not.toContain(name);
    }
  });
});

describe('the container runtime', () => {
  let runtime: Runtime;

  beforeAll(async () => {
    if (problem !== undefined) {
      return;
    }
    runtime = await containerRuntimes.create(OPTIONS);
    const { places, socketOwner, hostConfigFolder } = runtime;
    const files = await labFiles(places, { envoyVersion: DEFAULT_ENVOY_VERSION, socketOwner });
    await writeLabFiles(hostConfigFolder, places, files);
    await startAll(['issuer', 'sallyport']);
  });

  afterAll(async () => {
    await runtime?.close({ keepLogs: false });
  });

  async function startAll(names: readonly string[]): Promise<void> {
    for (const service of labStages(runtime.places).flat()) {
      if (names.includes(service.name)) {
        await runtime.start(service);
      }
    }
  }

  function insideSallyport(...command: readonly string[]): Promise<EngineAnswer> {
    return untilDone(async () => {
      const { stdout: ids } = await docker([
        'ps',
        '--quiet',
        '--filter',
        `label=${RUN_LABEL}=${runOf(runtime)}`,
        '--filter',
        `ancestor=${SALLYPORT_IMAGE}`,
        '--filter',
        'volume=/var/lib/sallyport',
      ]);
      return docker(['exec', ids, ...command]);
    });
  }

  it('has a Sallyport that calls itself ready', async () => {
    const health = await insideSallyport('sallyport', 'health', '--address', '127.0.0.1:9901');
    expect(health.stdout).not.toBe('');
  });

  it('gives the sockets to the group of Envoy and to nobody else', async () => {
    const { stdout } = await insideSallyport(
      'sh',
      '-c',
      'stat -c "%a %u:%g" /run/sallyport/*.sock | sort -u',
    );
    expect(stdout).toBe('660 1000:101');
  });

  it('publishes ports on the loopback address only', async () => {
    const { stdout } = await docker([
      'ps',
      '--filter',
      `label=${RUN_LABEL}=${runOf(runtime)}`,
      '--format',
      '{{.Ports}}',
    ]);
    const published = stdout.split(/[\n,]/).filter((port) => port.includes('->'));
    expect(published.length).toBeGreaterThan(0);
    for (const port of published) {
      expect(port.trim()).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('leaves nothing behind, and can be closed twice', async () => {
    await runtime.close({ keepLogs: false });
    await runtime.close({ keepLogs: false });
    expect(await leftovers(runOf(runtime))).toBe('');
    expect(existsSync(dirname(runtime.logFolder))).toBe(false);
  });
});

describe('a lab that is killed', () => {
  it('is cleared away by the next one', async () => {
    const child = startLabOf(fileURLToPath(new URL('../../src', import.meta.url)));
    const run = await firstWord(child);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(await leftovers(run)).not.toBe('');
    await removeAbandonedRuns();
    expect(await leftovers(run)).toBe('');
  });
});

function runOf(runtime: Runtime): string {
  return basename(dirname(runtime.logFolder));
}

async function leftovers(run: string): Promise<string> {
  const filter = ['--quiet', '--filter', `label=${RUN_LABEL}=${run}`];
  const lists = await Promise.all([
    docker(['ps', '--all', ...filter]),
    docker(['volume', 'ls', ...filter]),
    docker(['network', 'ls', ...filter]),
  ]);
  return lists
    .map(({ stdout }) => stdout)
    .join('\n')
    .trim();
}

/** A process of its own that starts an issuer in a container, says the name of its run, and stays. */
function startLabOf(source: string): ChildProcess {
  const text = `
    import { basename, dirname } from 'node:path';
    import { systemClock } from '${source}/base/index.ts';
    import { containerRuntimes, labStages } from '${source}/lab/index.ts';
    const options = { clock: systemClock, envoyVersion: '1.40', ports: new Map(), progress() {} };
    const runtime = await containerRuntimes.create(options);
    await runtime.start(labStages(runtime.places).flat().find(({ name }) => name === 'issuer'));
    console.log(basename(dirname(runtime.logFolder)));
  `;
  return spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function firstWord(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) {
        resolve(text.trim());
      }
    });
    child.once('close', () => reject(new Error(`the lab ended after ${JSON.stringify(text)}`)));
  });
}

async function untilDone(ask: () => Promise<EngineAnswer>): Promise<EngineAnswer> {
  let answer = await ask();
  for (let attempt = 0; attempt < 40 && !answer.isDone; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    answer = await ask();
  }
  expect(answer.isDone, answer.lastLine).toBe(true);
  return answer;
}

function sum(text: string): number {
  return text.split('\n').reduce((total, size) => total + Number(size), 0);
}
