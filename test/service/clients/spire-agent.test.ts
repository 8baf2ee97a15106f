import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, type TestContext } from 'vitest';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import { readPem, verifySvid } from '../../../src/x509/index.ts';
import { spireAgent } from './programs.ts';
import { type ClientSite, executableOf, serveFor } from './site.ts';

const SPIFFE_ID = 'spiffe://example.org/clients/agent';
const TEST_MILLIS = 60_000;

interface Agent {
  readonly place: ClientSite;
  readonly command: string;
  /** `run('fetch x509', '-silent')`; resolves with what it prints. */
  run(words: string, ...flags: readonly string[]): Promise<string>;
}

async function begin({ skip }: TestContext): Promise<Agent> {
  const found = spireAgent();
  const [command] = 'missing' in found ? skip(found.missing) : found.command;
  const place = await serveFor([{ name: 'agent', executable: executableOf([command]) }]);
  const socket = ['-socketPath', place.socket];
  return {
    place,
    command,
    async run(words, ...flags) {
      const { stdout } = await promisify(execFile)(command, [
        'api',
        ...words.split(' '),
        ...socket,
        ...flags,
      ]);
      return stdout;
    },
  };
}

it(
  '`spire-agent api fetch x509` finds the certificate good and writes it to files',
  async (context) => {
    const { place, run } = await begin(context);
    const folder = place.site.path('fetched');
    mkdirSync(folder);
    const said = await run('fetch x509', '-write', folder);
    expect(said).toContain(SPIFFE_ID);
    expect(readdirSync(folder).sort()).toEqual(['bundle.0.pem', 'svid.0.key', 'svid.0.pem']);
    const pem = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');
    const bundle = {
      trustDomain: parseTrustDomain('example.org'),
      x509Authorities: readPem(pem('bundle.0.pem'), 'CERTIFICATE'),
      jwtAuthorities: [],
      sequence: 1,
      refreshHintSeconds: 60,
    };
    const { spiffeId } = verifySvid(readPem(pem('svid.0.pem'), 'CERTIFICATE'), bundle, Date.now() / 1000);
    expect(spiffeId.uri).toBe(SPIFFE_ID);
  },
  TEST_MILLIS,
);

it(
  '`spire-agent api fetch jwt` and `validate jwt` agree on who it is and whom the token is for',
  async (context) => {
    const { run } = await begin(context);
    const [{ svids = [] } = {}, bundle] = JSON.parse(
      await run('fetch jwt', '-audience', 'a,b', '-output', 'json'),
    ) as readonly { readonly svids?: readonly { readonly svid: string }[] }[];
    expect(svids).toMatchObject([{ spiffe_id: SPIFFE_ID, hint: 'agent' }]);
    expect(bundle).toMatchObject({ bundles: { 'spiffe://example.org': expect.any(String) } });
    const svid = svids[0]?.svid ?? '';
    expect(await run('validate jwt', '-audience', 'a', '-svid', svid)).toContain(SPIFFE_ID);
    await expect(run('validate jwt', '-audience', 'c', '-svid', svid)).rejects.toThrow(/audience/);
  },
  TEST_MILLIS,
);

it(
  '`spire-agent api watch` shows each step of a rotation',
  async (context) => {
    const { place, command } = await begin(context);
    const watching = spawn(command, ['api', 'watch', '-socketPath', place.socket]);
    onTestFinished(() => void watching.kill('SIGKILL'));
    let said = '';
    watching.stdout.on('data', (part: Buffer) => {
      said += part.toString();
    });
    const updates = (): number => said.split(SPIFFE_ID).length - 1;
    const next = async (step: () => Promise<unknown>): Promise<void> => {
      const before = updates();
      await step();
      await expect.poll(updates, { timeout: 10_000 }).toBeGreaterThan(before);
    };
    await next(async () => undefined);
    const before = (await place.admin('authority.show')) as readonly {
      readonly id: string;
      readonly kind: string;
    }[];
    const root = before.find(({ kind }) => kind === 'root')?.id;
    await next(() => place.admin('authority.prepare', { kind: 'root' }));
    await place.admin('authority.activate', { kind: 'root' });
    await next(() => place.admin('authority.taint', { id: root }));
    await next(() => place.admin('authority.revoke', { id: root, force: true }));
  },
  TEST_MILLIS,
);
