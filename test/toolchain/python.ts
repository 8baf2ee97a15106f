import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Found, PROGRAMS_FOLDER, runBuild, said } from './found.ts';

/** A Python that has this package of the index, `spiffe==0.3.2`, in an environment of its own; made once and kept. */
export async function pythonWith(requirement: string): Promise<Found> {
  const folder = join(PROGRAMS_FOLDER, `python-${requirement.replace('==', '-')}`);
  const python = join(folder, 'bin', 'python');
  const mark = join(folder, 'complete');
  if (existsSync(mark)) {
    return { command: [python] };
  }
  if ((await said('python3', ['-c', 'import venv, ensurepip'])) === undefined) {
    return { missing: 'there is no Python 3 that can make an environment (on Debian: python3-venv)' };
  }
  await runBuild('python3', ['-m', 'venv', '--clear', folder]);
  await runBuild(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
  await runBuild('touch', [mark]);
  return { command: [python] };
}
