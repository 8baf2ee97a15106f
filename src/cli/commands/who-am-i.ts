import { Command } from 'commander';
import type { WhoAmIView } from '../../admin/index.ts';
import { SallyportError } from '../../base/index.ts';
import { type AskFlags, ask, show, withAskOptions } from '../ask-sallyport.ts';
import { argument } from '../option-value.ts';

interface WhoAmIFlags extends AskFlags {
  readonly pid?: number;
  readonly listener?: string;
}

/** `sallyport who-am-i`: what Sallyport sees of a process, and why it has an identity or none. */
export function whoAmICommand(): Command {
  return withAskOptions(new Command('who-am-i'))
    .description('say what the kernel tells of this process, which entries match it, and which comes nearest')
    .option('--pid <pid>', 'of another process, as the running Sallyport sees its pid', argument(parsePid))
    .option('--listener <name>', 'as a caller of this agent listener; default: of each')
    .action(async (flags: WhoAmIFlags) => {
      const { pid, listener } = flags;
      const views = (await ask(flags, 'who-am-i', {
        ...(pid === undefined ? {} : { pid }),
        ...(listener === undefined ? {} : { listener }),
      })) as readonly WhoAmIView[];
      show(flags, views, views.flatMap(linesOf));
    });
}

function linesOf({ listener, selectors, identities, nearest }: WhoAmIView): readonly string[] {
  const verdict =
    identities.length > 0
      ? identities.map(({ entry, spiffeId }) => `  is ${spiffeId} by the entry \`${entry}\``)
      : nearest === undefined
        ? ['  has no identity: there is no entry']
        : [
            `  has no identity; the nearest entry \`${nearest.entry}\` (${nearest.spiffeId}) also asks for`,
            ...nearest.missing.map((selector) => `    ${selector}`),
          ];
  return [`listener \`${listener}\` sees`, ...selectors.map((selector) => `    ${selector}`), ...verdict];
}

function parsePid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new SallyportError('ERR_CLI_ARGUMENT', 'a pid is a whole number');
  }
  return Number(text);
}
