import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { errorText, SallyportError } from '../../base/index.ts';
import { type AskFlags, ask, columns, show, withAskOptions } from '../ask-sallyport.ts';

interface EntryFlags extends AskFlags {
  readonly file?: string;
  readonly name?: string;
  readonly spiffeId?: string;
  readonly selector: readonly string[];
  readonly x509Ttl?: string;
  readonly jwtTtl?: string;
  readonly dns: readonly string[];
  readonly hint?: string;
}

interface EntryView {
  readonly name: string;
  readonly spiffeId: string;
  readonly selectors: readonly string[];
  readonly source?: 'file' | 'store';
}

/** `sallyport entry`: registration entries of the store, beside those of the files. */
export function entryCommand(): Command {
  const list = withAskOptions(new Command('list'))
    .description('list the entries in force')
    .action(async (flags: AskFlags) => {
      const entries = (await ask(flags, 'entry.list')) as readonly EntryView[];
      const rows = entries.map((one) => [one.name, one.source ?? '', one.spiffeId, one.selectors.join(' ')]);
      show(flags, entries, columns([['NAME', 'FROM', 'SPIFFE ID', 'SELECTORS'], ...rows]));
    });
  const remove = withAskOptions(new Command('delete'))
    .description('delete an entry of the store')
    .argument('<name>', 'its name')
    .action(async (name: string, flags: AskFlags) => {
      const entry = (await ask(flags, 'entry.delete', { name })) as EntryView;
      show(flags, entry, [`${entry.name} is deleted`]);
    });
  const command = new Command('entry').description('who may have which identity');
  return [
    list,
    writing('create', 'add an entry to the store', 'created'),
    writing('update', 'replace an entry of the store', 'updated'),
    remove,
  ].reduce((parent, child) => parent.addCommand(child), command);
}

function writing(name: string, description: string, outcome: string): Command {
  const collect = (value: string, values: string[]): string[] => [...values, value];
  return withAskOptions(new Command(name))
    .description(description)
    .option('--file <file>', 'a ClusterStaticEntry (YAML or JSON), in place of the options below')
    .option('--name <name>', 'its name')
    .option('--spiffe-id <id>', 'the identity')
    .option('--selector <selector>', 'what a caller must show; may be repeated', collect, [])
    .option('--x509-ttl <duration>', 'TTL of its certificates')
    .option('--jwt-ttl <duration>', 'TTL of its tokens')
    .option('--dns <name>', 'a DNS name of its certificates; may be repeated', collect, [])
    .option('--hint <text>', 'what tells it apart from others of one caller')
    .action(async (flags: EntryFlags) => {
      const entry = (await ask(flags, `entry.${name}`, { text: textOf(flags) })) as EntryView;
      show(flags, entry, [`${entry.name} is ${outcome}: ${entry.spiffeId}`]);
    });
}

function textOf(flags: EntryFlags): string {
  if (flags.file !== undefined) {
    try {
      return readFileSync(flags.file, 'utf8');
    } catch (cause) {
      const message = `\`${flags.file}\` cannot be read: ${errorText(cause)}`;
      throw new SallyportError('ERR_CLI_FILE', message, { cause });
    }
  }
  // JSON is YAML, and what is missing is said by the same check that files go through.
  return JSON.stringify({
    apiVersion: 'spire.spiffe.io/v1alpha1',
    kind: 'ClusterStaticEntry',
    metadata: { name: flags.name },
    spec: {
      spiffeID: flags.spiffeId,
      selectors: flags.selector,
      x509SVIDTTL: flags.x509Ttl,
      jwtSVIDTTL: flags.jwtTtl,
      dnsNames: flags.dns,
      hint: flags.hint,
    },
  });
}
