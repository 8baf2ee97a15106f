import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSite } from '../app/bed.ts';
import { start } from '../app/running.ts';
import { runCli } from './run-cli.ts';

const WEB = 'spiffe://example.org/ns/web/sa/frontend';
const OTHER_ENTRY = `apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: { name: web }
spec: { spiffeID: "${WEB}", selectors: ["sallyport:socket:web", "unix:uid:4242"] }
`;

async function site(entry?: string) {
  const made = makeSite();
  if (entry !== undefined) {
    made.write('entries/web.yaml', entry);
  }
  await start(made);
  return { made, socket: `unix://${made.path('run', 'web.sock')}` };
}

describe('sallyport fetch', () => {
  beforeAll(() => {
    // The command is told by its flag; the environment of whoever runs the tests must not matter.
    delete process.env['SPIFFE_ENDPOINT_SOCKET'];
  });

  it('x509 writes chain, key and bundle as the agent of SPIRE does, the key for its owner alone', async () => {
    const { made, socket } = await site();
    const { code, stdout, stderr } = await runCli([
      'fetch',
      'x509',
      '--socket',
      socket,
      '--write',
      made.path('out'),
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(WEB);
    expect(readdirSync(made.path('out')).sort()).toEqual(['bundle.0.pem', 'svid.0.key', 'svid.0.pem']);
    expect(statSync(made.path('out', 'svid.0.key')).mode & 0o777).toBe(0o600);
    const [chain, key, bundle] = ['svid.0.pem', 'svid.0.key', 'bundle.0.pem'].map((name) =>
      readFileSync(made.path('out', name), 'utf8'),
    );
    const leaf = new X509Certificate(chain ?? '');
    expect(leaf.subjectAltName).toBe(`URI:${WEB}`);
    expect(leaf.checkPrivateKey(createPrivateKey(key ?? ''))).toBe(true);
    expect((chain ?? '').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(new X509Certificate(bundle ?? '').ca).toBe(true);
  });

  it('jwt prints the token alone, or writes it with the keys', async () => {
    const { made, socket } = await site();
    const printed = await runCli(['fetch', 'jwt', '--socket', socket, '--audience', 'orders']);
    expect(printed.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const claims = JSON.parse(Buffer.from(printed.stdout.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: WEB, aud: ['orders'] });
    const written = await runCli(
      ['fetch', 'jwt', '--socket', socket, '--audience', 'orders'].concat('--write', made.path('out')),
    );
    expect(written.code).toBe(0);
    expect(written.stdout).not.toContain('eyJ');
    expect(statSync(made.path('out', 'jwt_svid.0.token')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(made.path('out', 'jwt_bundle.0.json'), 'utf8')).keys).toHaveLength(1);
  });

  it('tells a stranger nothing, and the operator what is missing', async () => {
    const { made, socket } = await site(OTHER_ENTRY);
    const refused = await runCli(['fetch', 'x509', '--socket', socket, '--write', made.path('out')]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('no identity issued');
    expect(refused.stderr).not.toContain('unix:uid');
    const explained = await runCli(['who-am-i', '--config', made.settingsPath]);
    expect(explained.stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'listener `web` sees',
        '    sallyport:socket:web',
        `    unix:uid:${process.getuid?.()}`,
        `  has no identity; the nearest entry \`web\` (${WEB}) also asks for`,
        '    unix:uid:4242',
      ]),
    );
  });

  it('says in one sentence that nobody answers, and that no address was given', async () => {
    const nobody = await runCli(['fetch', 'x509', '--socket', 'unix:/nowhere/api.sock', '--timeout', '1s']);
    expect(nobody.stderr).toContain('[ERR_CLI_UNREACHABLE]');
    const unsaid = await runCli(['fetch', 'jwt', '--audience', 'a']);
    expect(unsaid.stderr).toContain('[ERR_CLI_ENDPOINT]');
    expect([nobody.code, unsaid.code]).toEqual([1, 1]);
  });
});

describe('sallyport who-am-i', () => {
  it('says which entry matches whoever asks, and which a process with another pid', async () => {
    const { made } = await site();
    const asked = await runCli(['who-am-i', '--config', made.settingsPath, '--output', 'json']);
    expect(JSON.parse(asked.stdout)).toMatchObject([
      { listener: 'web', identities: [{ entry: 'web', spiffeId: WEB }] },
    ]);
    const other = await runCli(
      ['who-am-i', '--config', made.settingsPath, '--pid', String(process.pid)].concat('--output', 'json'),
    );
    const [view] = JSON.parse(other.stdout);
    expect(view.selectors).toContain(`unix:uid:${process.geteuid?.()}`);
    expect(view.selectors).toContain(`unix:path:${process.execPath}`);
  });

  it('says that there is no such process, and no such listener', async () => {
    const { made } = await site();
    const ask = (...flags: readonly string[]) =>
      runCli(['who-am-i', '--config', made.settingsPath, ...flags]);
    expect((await ask('--pid', '2147483647')).stderr).toContain('there is no process 2147483647 in sight');
    expect((await ask('--listener', 'nobody')).stderr).toContain('[ERR_ADMIN_REQUEST]');
    expect((await ask('--pid', 'x')).code).toBe(2);
  });
});

describe('sallyport mint jwt', () => {
  it('makes a token beside a running sallyport and without one, by keys that are published', async () => {
    const made = makeSite();
    const mint = (...flags: readonly string[]) =>
      runCli(
        ['mint', 'jwt', '--config', made.settingsPath, '--spiffe-id', WEB, '--audience', 'a'].concat(flags),
      );
    const alone = await mint('--audience', 'b', '--ttl', '30s');
    const running = await start(made);
    const beside = await mint();
    await running.stop();
    const [first, second] = [alone, beside].map(({ stdout }) => {
      const [header = '', payload = ''] = stdout.split('.');
      const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
      return { header: read(header), claims: read(payload) };
    });
    expect(first?.claims).toMatchObject({ sub: WEB, aud: ['a', 'b'] });
    expect(first?.claims.exp - first?.claims.iat).toBe(30);
    expect(second?.claims).toMatchObject({ sub: WEB, aud: ['a'] });
    expect(second?.header.kid).toBe(first?.header.kid);
  });

  it('refuses an identity of another trust domain and a life of over a day', async () => {
    const made = makeSite();
    const mint = (id: string, ttl: string) =>
      runCli(
        ['mint', 'jwt', '--config', made.settingsPath, '--audience', 'a', '--spiffe-id', id].concat(
          '--ttl',
          ttl,
        ),
      );
    expect((await mint('spiffe://other.org/a', '1m')).stderr).toContain('[ERR_ISSUER_ID]');
    expect((await mint(WEB, '25h')).code).toBe(2);
  });
});

describe('sallyport mint x509 --csr', () => {
  it('certifies the key of a request and writes no key, beside a running sallyport and without one', async () => {
    const made = makeSite();
    const [key, csr] = [made.path('own.key'), made.path('own.csr')];
    execFileSync(
      'openssl',
      [
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        '/O=x',
      ].concat(['-keyout', key, '-out', csr]),
      { stdio: 'ignore' },
    );
    const mint = (folder: string) =>
      runCli(
        ['mint', 'x509', '--config', made.settingsPath, '--spiffe-id', WEB, '--csr', csr].concat(
          '--write',
          made.path(folder),
        ),
      );
    expect((await mint('alone')).code).toBe(0);
    const running = await start(made);
    expect((await mint('beside')).code).toBe(0);
    await running.stop();
    for (const folder of ['alone', 'beside']) {
      expect(readdirSync(made.path(folder)).sort()).toEqual(['bundle.0.pem', 'svid.0.pem']);
      const leaf = new X509Certificate(readFileSync(made.path(folder, 'svid.0.pem')));
      expect(leaf.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true);
      expect(leaf.subjectAltName).toBe(`URI:${WEB}`);
    }
    made.write('bad.csr', 'nothing');
    const bad = await runCli([
      'mint',
      'x509',
      '--config',
      made.settingsPath,
      '--spiffe-id',
      WEB,
      '--csr',
      made.path('bad.csr'),
    ]);
    expect(bad.stderr).toContain('[ERR_X509_PEM]');
  });
});
