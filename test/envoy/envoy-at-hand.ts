import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EnvoyVersion } from '../../src/envoy/index.ts';
import { type EnvoyBinary, findEnvoy } from '../../src/lab/index.ts';

/** The Envoy of a release: found as the lab finds it, fetched once and kept. */
export function envoyAtHand(version: EnvoyVersion): Promise<EnvoyBinary> {
  return findEnvoy({
    env: { ...process.env, ENVOY_BIN: undefined, ENVOY_VERSION: version },
    projectFolder: process.cwd(),
    platform: process.platform,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
}

/** What `envoy --mode validate` complains of; empty when the configuration is accepted. */
export async function validationProblems(envoy: EnvoyBinary, file: string): Promise<string> {
  try {
    await promisify(execFile)(envoy.path, [
      '--mode',
      'validate',
      '--config-path',
      file,
      '--log-level',
      'warning',
    ]);
    return '';
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  }
}
