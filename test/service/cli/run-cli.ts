import { spawn } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. One that serves is ended after `killAfterMillis`. */
export function runCli(args: readonly string[], killAfterMillis = 20_000): Promise<CliResult> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => {
    stdout += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    stderr += part.toString();
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMillis);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** Starts `serve` and resolves when it says that it is ready. */
export async function serve(settingsPath: string) {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', settingsPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const read = (part: Buffer): void => {
      output += part.toString();
      if (output.includes('"app.ready"')) {
        resolve();
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  return {
    async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

/** Starts `serve` and kills it after `millis`, wherever it is then. */
export async function serveAndKill(settingsPath: string, millis: number): Promise<void> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', settingsPath], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, millis));
  child.kill('SIGKILL');
  await ended;
}
