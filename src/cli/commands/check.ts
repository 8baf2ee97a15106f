import { Command } from 'commander';
import { checkFiles } from '../../app/index.ts';
import { hasErrors, InvalidFilesError, systemClock } from '../../base/index.ts';
import { diagnosticLines } from '../print-error.ts';

/** `sallyport check`: everything `serve` would refuse to start with, without starting. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check settings, policies, workloads and entries without starting anything')
    .requiredOption('--config <file>', 'the settings file')
    .action(async (flags: { readonly config: string }) => {
      const { diagnostics, summary } = await checkFiles(flags.config, systemClock);
      if (hasErrors(diagnostics)) {
        throw new InvalidFilesError(diagnostics);
      }
      for (const line of diagnosticLines(diagnostics)) {
        process.stderr.write(`${line}\n`);
      }
      process.stdout.write(`${summary}\n`);
    });
}
