import { Command, InvalidArgumentError } from 'commander';
import { SallyportError } from '../../base/index.ts';
import type { IssuedCertificate } from '../../issuer/index.ts';
import { type AskFlags, ask, columns, show, timeText, withAskOptions } from '../ask-sallyport.ts';

interface ListFlags extends AskFlags {
  readonly identity?: string;
  readonly all: boolean;
  readonly limit: number;
}

interface Listed {
  readonly certificates: readonly IssuedCertificate[];
  readonly stopped: readonly string[];
}

/** `sallyport certs`: what was issued, and taking it back. */
export function certsCommand(): Command {
  const list = withAskOptions(new Command('list'))
    .description('list issued certificates, newest first')
    .option('--identity <id>', 'of this SPIFFE ID only')
    .option('--all', 'those past their end too', false)
    .option('--limit <count>', 'at most this many', wholeNumber, 100)
    .action(runList);
  const showOne = withAskOptions(new Command('show'))
    .description('show one issued certificate')
    .argument('<serial>', 'its serial number in hex')
    .action(async (serial: string, flags: AskFlags) => {
      const found = (await ask(flags, 'certs.show', { serial })) as IssuedCertificate;
      show(flags, found, columns(linesOf(found)));
    });
  const revoke = withAskOptions(new Command('revoke'))
    .description('revoke one certificate, or an identity until it is allowed again')
    .argument('[serial]', 'its serial number in hex')
    .option('--identity <id>', 'revoke everything of this SPIFFE ID and issue nothing to it')
    .addHelpText('after', REACH)
    .action(runRevoke);
  const allow = withAskOptions(new Command('allow'))
    .description('issue to a revoked identity again')
    .requiredOption('--identity <id>', 'its SPIFFE ID')
    .action(async (flags: AskFlags & { readonly identity: string }) => {
      const wasStopped = await ask(flags, 'certs.allow', { spiffeId: flags.identity });
      show(flags, wasStopped, [wasStopped === true ? 'allowed again' : 'was not stopped']);
    });
  const command = new Command('certs').description('look at what was issued, and take it back');
  return [list, showOne, revoke, allow].reduce((parent, child) => parent.addCommand(child), command);
}

const REACH = `
A revoked certificate is refused by Sallyport's own verdicts, where Envoy sends the peer's certificate
(include_peer_certificate). Other verifiers trust it until its end; connections that are open stay open.`;

async function runList(flags: ListFlags): Promise<void> {
  const { identity, all, limit } = flags;
  const input = { all, limit, ...(identity === undefined ? {} : { spiffeId: identity }) };
  const listed = (await ask(flags, 'certs.list', input)) as Listed;
  const rows = listed.certificates.map((one) => [
    one.serial,
    one.spiffeId,
    timeText(one.notAfterSeconds),
    one.revokedAtSeconds === undefined ? '' : 'revoked',
  ]);
  show(flags, listed, [
    ...columns([['SERIAL', 'SPIFFE ID', 'NOT AFTER', ''], ...rows]),
    ...listed.stopped.map((id) => `stopped until allowed: ${id}`),
  ]);
}

async function runRevoke(serial: string | undefined, flags: AskFlags & { readonly identity?: string }) {
  const { identity } = flags;
  if ((serial === undefined) === (identity === undefined)) {
    throw new SallyportError('ERR_CLI_ARGUMENT', 'give either a serial number or `--identity`');
  }
  const revoked = (
    serial === undefined
      ? await ask(flags, 'certs.stop', { spiffeId: identity })
      : await ask(flags, 'certs.revoke', { serial })
  ) as readonly IssuedCertificate[];
  const lines = revoked.map((one) => `revoked ${one.serial} of ${one.spiffeId}`);
  show(flags, revoked, identity === undefined ? lines : [...lines, `nothing is issued to ${identity} now`]);
}

function linesOf(found: IssuedCertificate): readonly (readonly string[])[] {
  return [
    ['serial', found.serial],
    ['SPIFFE ID', found.spiffeId],
    ['issuer key id', found.issuerKeyId],
    ['caller', found.caller ?? '-'],
    ['issued', timeText(found.issuedAtSeconds)],
    ['not before', timeText(found.notBeforeSeconds)],
    ['not after', timeText(found.notAfterSeconds)],
    ['revoked', found.revokedAtSeconds === undefined ? 'no' : timeText(found.revokedAtSeconds)],
  ];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('it is a whole number');
  }
  return value;
}
