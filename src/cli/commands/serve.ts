import { Command } from 'commander';
import { startSallyport } from '../../app/index.ts';
import { systemClock, systemRandom } from '../../base/index.ts';
import { standardOutput } from '../../observe/index.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `sallyport serve`: the service, until a signal stops it. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the service: verdicts (ext_authz), certificates and trust (SDS)')
    .requiredOption('--config <file>', 'the settings file')
    .action(async (flags: { readonly config: string }) => {
      const stopped = signalled();
      const running = await startSallyport({
        settingsPath: flags.config,
        clock: systemClock,
        random: systemRandom,
        output: standardOutput(),
      });
      await stopped;
      await running.stop();
    });
}

/** Resolves at the first stop signal, also one that comes while starting. A second one ends the process. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    for (const name of STOP_SIGNALS) {
      process.on(name, () => {
        count += 1;
        if (count > 1) {
          process.exit(1);
        }
        resolve();
      });
    }
  });
}
