import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type Minted, mintJwt, mintX509 } from '../../app/index.ts';
import {
  type Duration,
  durationBetween,
  errorText,
  parseDuration,
  SallyportError,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import { parseSpiffeId, type SpiffeId } from '../../identity/index.ts';
import { writeFileWhole } from '../../store/index.ts';
import { readPem, writePem } from '../../x509/index.ts';
import { argument } from '../option-value.ts';

interface X509Flags {
  readonly config: string;
  readonly spiffeId: SpiffeId;
  readonly dns: readonly string[];
  readonly ttl?: Duration;
  readonly csr?: string;
  readonly write: string;
}

interface JwtFlags {
  readonly config: string;
  readonly spiffeId: SpiffeId;
  readonly audience: readonly string[];
  readonly ttl?: Duration;
}

const parseJwtTtl = durationBetween('1s', '1d');

/** `sallyport mint`: identities on demand, for the first client certificate and for experiments. */
export function mintCommand(): Command {
  const x509 = new Command('x509')
    .description('issue one X.509-SVID from the CA in the state folder')
    .requiredOption('--config <file>', 'the settings file')
    .requiredOption('--spiffe-id <id>', 'whose it is', argument(parseSpiffeId))
    .option(
      '--dns <name>',
      'a DNS name to put in; may be repeated',
      (name, names: string[]) => [...names, name],
      [],
    )
    .option('--ttl <duration>', 'how long it is valid; default: `ca.svidTtl`', argument(parseDuration))
    .option('--csr <file>', 'a certificate signing request (PEM), whose key is used in place of a new one')
    .option('--write <folder>', 'where svid.0.pem, svid.0.key and bundle.0.pem go', '.')
    .action(run)
    .exitOverride();
  const jwt = new Command('jwt')
    .description('issue one JWT-SVID and print it')
    .requiredOption('--config <file>', 'the settings file')
    .requiredOption('--spiffe-id <id>', 'whose it is', argument(parseSpiffeId))
    .requiredOption(
      '--audience <audience>',
      'who it is for; may be repeated',
      (value: string, values: readonly string[] = []) => [...values, value],
    )
    .option('--ttl <duration>', 'how long it is valid; default: `ca.jwtTtl`', argument(parseJwtTtl))
    .action(runJwt)
    .exitOverride();
  return new Command('mint').description('issue an identity on demand').addCommand(x509).addCommand(jwt);
}

async function run(flags: X509Flags): Promise<void> {
  const minted = await mintX509({
    settingsPath: flags.config,
    request: {
      spiffeId: flags.spiffeId,
      dnsNames: flags.dns,
      ttlSeconds: flags.ttl?.seconds,
      ...(flags.csr === undefined ? {} : { csrDer: readCsrFile(flags.csr) }),
    },
    clock: systemClock,
    random: systemRandom,
  });
  const written = write(minted, resolve(flags.write));
  const end = new Date(minted.x509.notAfterSeconds * 1000).toISOString();
  process.stdout.write(`${minted.x509.spiffeId.uri}, serial ${minted.x509.serial}, valid until ${end}\n`);
  for (const path of written) {
    process.stdout.write(`  ${path}\n`);
  }
}

async function runJwt(flags: JwtFlags): Promise<void> {
  const { spiffeId, audience, ttl } = flags;
  const { token } = await mintJwt({
    settingsPath: flags.config,
    request: { spiffeId, audiences: audience, ttlSeconds: ttl?.seconds },
    clock: systemClock,
    random: systemRandom,
  });
  process.stdout.write(`${token}\n`);
}

function write({ x509, bundle }: Minted, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files: readonly (readonly [string, string, number])[] = [
    ['svid.0.pem', writePem('CERTIFICATE', x509.certificates), 0o644],
    ...(x509.privateKey === undefined
      ? []
      : [['svid.0.key', writePem('PRIVATE KEY', [x509.privateKey]), 0o600] as const]),
    ['bundle.0.pem', writePem('CERTIFICATE', bundle), 0o644],
  ];
  return files.map(([name, text, mode]) => {
    const path = join(folder, name);
    writeFileWhole(path, Buffer.from(text), mode);
    return path;
  });
}

function readCsrFile(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SallyportError('ERR_CLI_FILE', `\`${path}\` cannot be read: ${errorText(cause)}`, { cause });
  }
  const [der, ...more] = readPem(text, 'CERTIFICATE REQUEST');
  if (der === undefined || more.length > 0) {
    throw new SallyportError('ERR_CLI_FILE', `\`${path}\` does not hold exactly one certificate request`, {
      hint: 'make it with `openssl req -new`',
    });
  }
  return der;
}
