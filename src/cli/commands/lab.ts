import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../base/index.ts';
import { type LabOptions, runLab } from '../../lab/index.ts';

interface LabFlags {
  readonly once: boolean;
  readonly output: 'text' | 'json';
  readonly runtime?: 'docker' | 'process';
  readonly port: ReadonlyMap<string, number>;
}

/** `sallyport lab`: Sallyport, real Envoys and a table of requests, on this machine. */
export function labCommand(): Command {
  return new Command('lab')
    .description('run Sallyport with real Envoys, send a table of requests, and stay up to try more')
    .option('--once', 'end after the table; non-zero when a row differs', false)
    .addOption(new Option('--output <form>', 'form of the table').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--runtime <kind>', 'where the lab runs; containers when they can be had').choices([
        'docker',
        'process',
      ]),
    )
    .option(
      '--port <service.port=number>',
      'a port of your choice instead of a free one, such as edge.http=8080; may be repeated',
      addPort,
      new Map<string, number>(),
    )
    .addHelpText(
      'after',
      '\nENVOY_BIN names the Envoy binary of process mode, ENVOY_VERSION (1.36 to 1.40) the release.',
    )
    .action(run);
}

async function run(flags: LabFlags): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) {
    process.on(name, onSignal);
  }
  const options: LabOptions = {
    once: flags.once,
    output: flags.output,
    runtime: flags.runtime,
    ports: flags.port,
  };
  try {
    process.exitCode = await runLab(options, {
      clock: systemClock,
      env: process.env,
      platform: process.platform,
      projectFolder: process.cwd(),
      isColored: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
      print: (text) => process.stdout.write(text),
      // With JSON on stdout, people still see what happens.
      tell: (text) => (flags.output === 'json' ? process.stderr : process.stdout).write(text),
      signal: stop.signal,
    });
  } finally {
    for (const name of signals) {
      process.off(name, onSignal);
    }
  }
}

function addPort(text: string, ports: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const match = /^([a-z-]+\.[a-z]+)=(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('write it as edge.http=8080');
  }
  return new Map([...ports, [match[1], port]]);
}
