import { resolve } from 'node:path';
import { Command } from 'commander';
import { type AskFlags, ask, show, withAskOptions } from '../ask-sallyport.ts';

/** `sallyport state`: care for the state folder. */
export function stateCommand(): Command {
  const backup = withAskOptions(new Command('backup'))
    .description('copy the state folder of a running Sallyport, keys included, into a new folder')
    .argument('<folder>', 'a folder that is not there yet; whoever can read it is the CA')
    .action(async (folder: string, flags: AskFlags) => {
      const result = await ask(flags, 'state.backup', { folder: resolve(folder) });
      show(flags, result, [`copied to ${resolve(folder)}; start from it by naming it as \`stateDir\``]);
    });
  return new Command('state').description('care for the state folder').addCommand(backup);
}
