import { Argument, Command } from 'commander';
import { renewRootOf } from '../../app/index.ts';
import { systemClock, systemRandom } from '../../base/index.ts';
import type { AuthorityView } from '../../issuer/index.ts';
import { type AskFlags, ask, columns, show, timeText, withAskOptions } from '../ask-sallyport.ts';

const KIND = new Argument('<kind>', 'which authority').choices(['root', 'intermediate']);

/** `sallyport authority`: rotation of the CA by hand. */
export function authorityCommand(): Command {
  const showAll = withAskOptions(new Command('show'))
    .description('list the authorities: prepared, active, old')
    .action(async (flags: AskFlags) => {
      const views = (await ask(flags, 'authority.show')) as readonly AuthorityView[];
      show(flags, views, columns([HEAD, ...views.map(rowOf)]));
    });
  const prepare = withAskOptions(new Command('prepare'))
    .description('make the next one; a root goes into every bundle at once')
    .addArgument(KIND)
    .action((kind: string, flags: AskFlags) => step(flags, 'authority.prepare', { kind }));
  const activate = withAskOptions(new Command('activate'))
    .description('let the prepared one sign; the active one becomes old')
    .addArgument(KIND)
    .action((kind: string, flags: AskFlags) => step(flags, 'authority.activate', { kind }));
  const taint = withAskOptions(new Command('taint'))
    .description('issue everything again that an old authority is behind')
    .argument('<id>', 'its id')
    .action((id: string, flags: AskFlags) => step(flags, 'authority.taint', { id }));
  const revoke = withAskOptions(new Command('revoke'))
    .description('take an old, tainted root out of every bundle')
    .argument('<id>', 'its id')
    .option('--force', 'also while somebody still hangs on it', false)
    .action((id: string, flags: AskFlags & { readonly force: boolean }) =>
      step(flags, 'authority.revoke', { id, force: flags.force }, 'revoked'),
    );
  const renewRoot = new Command('renew-root')
    .description('make a new root when the old one is past its end; sallyport must not run')
    .requiredOption('--config <file>', 'the settings file')
    .action(async (flags: { readonly config: string }) => {
      const view = await renewRootOf({
        settingsPath: flags.config,
        clock: systemClock,
        random: systemRandom,
      });
      process.stdout.write(`a new root ${view.id} is in force; every peer has to be given the new bundle\n`);
    })
    .exitOverride();
  const command = new Command('authority').description('look at the CA and rotate it by hand');
  return [showAll, prepare, activate, taint, revoke, renewRoot].reduce(
    (parent, child) => parent.addCommand(child),
    command,
  );
}

const HEAD = ['ID', 'KIND', 'STATUS', 'NOT AFTER', 'UNDER'] as const;

async function step(flags: AskFlags, operation: string, input: object, outcome?: string): Promise<void> {
  const view = (await ask(flags, operation, input)) as AuthorityView;
  show(flags, view, [`${view.kind} ${view.id} is ${outcome ?? statusOf(view)}`]);
}

function rowOf(view: AuthorityView): readonly string[] {
  return [view.id, view.kind, statusOf(view), timeText(view.notAfterSeconds), view.issuerId ?? ''];
}

function statusOf({ status, tainted }: AuthorityView): string {
  return tainted ? `${status}, tainted` : status;
}
