import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Found, PROGRAMS_FOLDER, runBuild, said } from './found.ts';

const GO_MINOR_MIN = 25;
const PLACES = ['go', '/usr/local/go/bin/go'];

/** A Go that is new enough, from the PATH or where its own installer puts it. */
export async function findGo(): Promise<Found> {
  for (const command of PLACES) {
    const minor = /^go1\.(\d+)/.exec((await said(command, ['env', 'GOVERSION'])) ?? '')?.[1];
    if (minor !== undefined && Number(minor) >= GO_MINOR_MIN) {
      return { command: [command] };
    }
  }
  return { missing: `there is no Go 1.${GO_MINOR_MIN} or newer` };
}

/** A program of this project, built anew; quick when nothing changed, because Go keeps what it compiled. */
export async function ownGoProgram(folder: string): Promise<Found> {
  const go = await findGo();
  if ('missing' in go) {
    return go;
  }
  const program = join(PROGRAMS_FOLDER, basename(folder));
  await runBuild(go.command[0], ['build', '-o', program, '.'], { cwd: folder });
  return { command: [program] };
}

/** A program of somebody else: `github.com/zmap/zlint/v3/cmd/zlint`, `v3.7.3`. Built once and kept. */
export async function foreignGoProgram(packagePath: string, version: string): Promise<Found> {
  const program = keptGoProgram(packagePath, version);
  if (existsSync(program)) {
    return { command: [program] };
  }
  const go = await findGo();
  if ('missing' in go) {
    return go;
  }
  await runBuild(
    'nice',
    [go.command[0], 'install', '-trimpath', '-ldflags=-s -w', `${packagePath}@${version}`],
    { env: { GOBIN: join(program, '..') } },
  );
  return { command: [program] };
}

/** Where such a program is once it was built. */
export function keptGoProgram(packagePath: string, version: string): string {
  const name = basename(packagePath);
  return join(PROGRAMS_FOLDER, `${name}-${version}`, name);
}
