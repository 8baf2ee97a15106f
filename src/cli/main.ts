#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { sallyportVersion } from '../app/index.ts';
import { bearClosedOutput } from './closed-output.ts';
import { authorityCommand } from './commands/authority.ts';
import { bundleCommand } from './commands/bundle.ts';
import { certsCommand } from './commands/certs.ts';
import { checkCommand } from './commands/check.ts';
import { entryCommand } from './commands/entry.ts';
import { envoyCommand } from './commands/envoy.ts';
import { fetchCommand } from './commands/fetch.ts';
import { healthCommand } from './commands/health.ts';
import { jwtCommand } from './commands/jwt.ts';
import { labCommand } from './commands/lab.ts';
import { mintCommand } from './commands/mint.ts';
import { serveCommand } from './commands/serve.ts';
import { stateCommand } from './commands/state.ts';
import { versionCommand } from './commands/version.ts';
import { whoAmICommand } from './commands/who-am-i.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { errorLines } from './print-error.ts';

bearClosedOutput(process.stdout);
bearClosedOutput(process.stderr);

const program = new Command('sallyport')
  .description('external authorization and workload identity for Envoy')
  .version(sallyportVersion())
  .exitOverride()
  .showHelpAfterError();
for (const command of [
  serveCommand(),
  checkCommand(),
  mintCommand(),
  fetchCommand(),
  whoAmICommand(),
  jwtCommand(),
  authorityCommand(),
  certsCommand(),
  entryCommand(),
  envoyCommand(),
  bundleCommand(),
  stateCommand(),
  labCommand(),
  healthCommand(),
  versionCommand(),
]) {
  program.addCommand(command.exitOverride());
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.invalidInput;
  } else {
    for (const line of errorLines(error)) {
      process.stderr.write(`${line}\n`);
    }
    process.exitCode = exitCodeOf(error);
  }
}
