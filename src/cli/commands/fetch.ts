import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { readDefinitions } from '../../app/index.ts';
import { type Duration, parseDuration, systemClock } from '../../base/index.ts';
import { createWorkloadApiClient, type WorkloadApiClient } from '../../spiffe/index.ts';
import { writeFileWhole } from '../../store/index.ts';
import { readCertificate, splitCertificates, writePem } from '../../x509/index.ts';
import { timeText } from '../ask-sallyport.ts';
import { argument } from '../option-value.ts';
import { workloadEndpoint } from '../workload-endpoint.ts';

interface FetchFlags {
  readonly socket?: string;
  readonly write?: string;
  readonly timeout: Duration;
}

interface JwtFlags extends FetchFlags {
  readonly audience: readonly string[];
  readonly spiffeId?: string;
}

const PUBLIC_MODE = 0o644;
const SECRET_MODE = 0o600;

/** `sallyport fetch`: what a workload gets from a Workload API, ours or another one's. */
export function fetchCommand(): Command {
  const x509 = withFetchOptions(new Command('x509'))
    .description('fetch the X.509-SVIDs of the process that asks')
    .option('--write <folder>', 'where svid.N.pem, svid.N.key and bundle.N.pem go; default: nowhere')
    .action(runX509);
  const jwt = withFetchOptions(new Command('jwt'))
    .description(
      'fetch JWT-SVIDs of the process that asks; they are printed, for whoever sees one can use it',
    )
    .requiredOption(
      '--audience <audience>',
      'who the token is for; may be repeated',
      (value: string, values: readonly string[] = []) => [...values, value],
    )
    .option('--spiffe-id <id>', 'for this identity alone')
    .option('--write <folder>', 'write jwt_svid.N.token and jwt_bundle.N.json there and print no token')
    .action(runJwt);
  return new Command('fetch')
    .description('fetch identities from a Workload API, as a workload does')
    .addCommand(x509)
    .addCommand(jwt);
}

function withFetchOptions(command: Command): Command {
  return command
    .option('--socket <address>', 'address of the Workload API; default: `SPIFFE_ENDPOINT_SOCKET`')
    .option('--timeout <duration>', 'how long to wait', argument(parseDuration), parseDuration('5s'))
    .exitOverride();
}

async function runX509(flags: FetchFlags): Promise<void> {
  const { svids } = await asked(flags, (client) => client.x509Svids());
  const folder = folderOf(flags);
  const lines = svids.flatMap((svid, index) => {
    const chain = splitCertificates(svid.x509_svid);
    const [leaf = new Uint8Array()] = chain;
    const { serial, notAfterSeconds } = readCertificate(leaf);
    const told = `${svid.spiffe_id}, serial ${serial}, valid until ${timeText(notAfterSeconds)}`;
    if (folder === undefined) {
      return [told];
    }
    const written = [
      write(folder, `svid.${index}.pem`, writePem('CERTIFICATE', chain), PUBLIC_MODE),
      write(folder, `svid.${index}.key`, writePem('PRIVATE KEY', [svid.x509_svid_key]), SECRET_MODE),
      write(
        folder,
        `bundle.${index}.pem`,
        writePem('CERTIFICATE', splitCertificates(svid.bundle)),
        PUBLIC_MODE,
      ),
    ];
    return [told, ...written.map((path) => `  ${path}`)];
  });
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function runJwt(flags: JwtFlags): Promise<void> {
  const { svids, bundles } = await asked(flags, async (client) => ({
    ...(await client.jwtSvids(flags.audience, flags.spiffeId)),
    ...(await client.jwtBundles()),
  }));
  const folder = folderOf(flags);
  if (folder === undefined) {
    process.stdout.write(svids.map(({ svid }) => `${svid}\n`).join(''));
    return;
  }
  const lines = [
    ...svids.flatMap(({ spiffe_id, svid }, index) => [
      spiffe_id,
      `  ${write(folder, `jwt_svid.${index}.token`, svid, SECRET_MODE)}`,
    ]),
    ...Object.entries(bundles).flatMap(([id, keys], index) => [
      `keys of ${id}`,
      `  ${write(folder, `jwt_bundle.${index}.json`, Buffer.from(keys).toString('utf8'), PUBLIC_MODE)}`,
    ]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function asked<T>(
  { socket, timeout }: FetchFlags,
  ask: (client: WorkloadApiClient) => Promise<T>,
): Promise<T> {
  const client = createWorkloadApiClient({
    definitions: readDefinitions(),
    target: workloadEndpoint(socket, process.env['SPIFFE_ENDPOINT_SOCKET']),
    timeoutMillis: timeout.seconds * 1000,
    nowMillis: () => systemClock.nowMillis(),
  });
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

function folderOf({ write: folder }: FetchFlags): string | undefined {
  if (folder === undefined) {
    return undefined;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return resolve(folder);
}

function write(folder: string, name: string, text: string, mode: number): string {
  const path = join(folder, name);
  writeFileWhole(path, Buffer.from(text), mode);
  return path;
}
