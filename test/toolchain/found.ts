import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A program that runs here, or why there is none. */
export type Found =
  | { readonly command: readonly [string, ...string[]] }
  /** What is absent, as it is printed beside a test that was left out. */
  | { readonly missing: string };

/** Programs made for the tests are kept here, by name and version. */
export const PROGRAMS_FOLDER = join(process.cwd(), '.sallyport', 'cache', 'programs');

/** Fetching and compiling on a busy machine. */
const BUILD_MILLIS = 20 * 60_000;

/**
 * For tests: what cannot be built, as without a network, is left out with the reason. `npm run programs` fails on it,
 * and CI with that.
 */
export async function orMissing(build: () => Promise<Found>): Promise<Found> {
  try {
    return await build();
  } catch (error) {
    const lines = String(error).trim().split('\n');
    return { missing: `it could not be built (\`npm run programs\` tells more): ${lines.at(-1) ?? ''}` };
  }
}

/** Rejects with the end of what was printed when the command fails. */
export async function runBuild(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      ...options,
      env: { ...process.env, ...options.env },
      timeout: BUILD_MILLIS,
      maxBuffer: 64 * 2 ** 20,
    });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`${command} ${args.join(' ')}: ${said.slice(-2000)}`);
  }
}

/** What the command prints, or undefined when it does not run. */
export async function said(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { timeout: 20_000 });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
