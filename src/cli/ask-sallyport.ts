import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { callAdmin } from '../admin/index.ts';
import { adminSocketPath } from '../app/index.ts';
import { InvalidFilesError, SallyportError } from '../base/index.ts';
import { readSettings } from '../config/index.ts';

/** The options of every command that talks to a running Sallyport. */
export interface AskFlags {
  readonly config?: string;
  readonly socket?: string;
  readonly output: 'text' | 'json';
}

export function withAskOptions(command: Command): Command {
  return command
    .option('--config <file>', 'the settings file of the running Sallyport')
    .option('--socket <path>', 'its admin socket, in place of `--config`')
    .addOption(new Option('--output <form>', 'form of the answer').choices(['text', 'json']).default('text'))
    .exitOverride();
}

/** The result of an operation of a running Sallyport. Rejects with its error, or `ERR_ADMIN_UNREACHABLE`. */
export async function ask(flags: AskFlags, operation: string, input: unknown = null): Promise<unknown> {
  return callAdmin(await socketOf(flags), operation, input);
}

/** Prints a result: as it came for programs, in lines for people. */
export function show(flags: AskFlags, result: unknown, lines: readonly string[]): void {
  const text = flags.output === 'json' ? JSON.stringify(result, null, 2) : lines.join('\n');
  process.stdout.write(text === '' ? '' : `${text}\n`);
}

/** Columns as wide as their widest text. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

async function socketOf({ config, socket }: AskFlags): Promise<string> {
  if (socket !== undefined) {
    return resolve(socket);
  }
  if (config === undefined) {
    throw new SallyportError('ERR_CLI_ARGUMENT', 'which Sallyport is meant is not said', {
      hint: 'give its settings file with `--config`, or its admin socket with `--socket`',
    });
  }
  const { value, diagnostics } = await readSettings(resolve(config));
  if (value === undefined) {
    throw new InvalidFilesError(diagnostics);
  }
  return adminSocketPath(value.stateDir);
}
