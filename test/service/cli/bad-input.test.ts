import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSite, SETTINGS, type Site } from '../app/bed.ts';
import { runCli, serve } from './run-cli.ts';

interface Row {
  readonly spoil: (site: Site) => void;
  /** Each must be in what is printed. */
  readonly says: readonly RegExp[];
}

const BROKEN_FILES: Readonly<Record<string, Row>> = {
  'broken YAML, with line and column': {
    spoil: (site) => site.write('policies/bad.yaml', 'kind: [a\n'),
    says: [/policies\/bad\.yaml:\d+:\d+: error: .*\[ERR_MANIFEST_YAML\]/],
  },
  'an unknown field and a bad CIDR at once, with hints': {
    spoil: (site) =>
      site.write(
        'policies/bad.yaml',
        'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: x }\nspec:\n  rules:\n    - from: [{ source: { ipBlocks: [10.0.0.0/99], principles: [a] } }]\n',
      ),
    says: [/bad\.yaml:6:\d+: error: .*\[ERR_POLICY_IP\]/, /did you mean `principals`\?/],
  },
  'a policies folder that is missing': {
    spoil: (site) => rmSync(site.path('policies'), { recursive: true }),
    says: [/ERR_FOLDER_MISSING/],
  },
  'a policies folder that is empty': {
    spoil: (site) => rmSync(site.path('policies/readers.yaml')),
    says: [/ERR_FOLDER_EMPTY/],
  },
  'a misspelled setting, with the nearest known one': {
    spoil: (site) => site.write('sallyport.yaml', SETTINGS.replace('entries:', 'entrys:')),
    says: [/sallyport\.yaml:11:1: error: entrys: .*did you mean `entries`\?/],
  },
  'a listener beyond loopback that nobody guards': {
    spoil: (site) => site.write('sallyport.yaml', SETTINGS.replace('unix:run/authz.sock', '0.0.0.0:9191')),
    says: [/ERR_LISTENER_OPEN/, /`insecure: true`/],
  },
  'a socket path over 107 bytes': {
    spoil: (site) =>
      site.write('sallyport.yaml', SETTINGS.replace('unix:run/authz.sock', `unix:///${'a'.repeat(107)}`)),
    says: [/has 108 bytes, the kernel takes 107/],
  },
  'an entry below the path of Sallyport itself': {
    spoil: (site) =>
      site.write(
        'entries/web.yaml',
        'apiVersion: spire.spiffe.io/v1alpha1\nkind: ClusterStaticEntry\nmetadata: { name: x }\nspec: { spiffeID: "spiffe://example.org/sallyport/server", selectors: ["sallyport:socket:web"] }\n',
      ),
    says: [/entries\/web\.yaml:4:\d+: error: .*\[ERR_ENTRY_SPIFFE_ID\]/],
  },
};

describe('serve refuses to start, with exit code 2 and no stack, on', () => {
  it.each(Object.entries(BROKEN_FILES))(
    '%s',
    async (_, { spoil, says }) => {
      const site = makeSite();
      spoil(site);
      const { code, stderr, stdout } = await runCli(['serve', '--config', site.settingsPath]);
      for (const text of says) {
        expect(stderr).toMatch(text);
      }
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(stdout).toBe('');
      expect(code).toBe(2);
    },
    30_000,
  );
});

describe('serve says in one sentence what is in its way', () => {
  const oneSentence = async (site: Site, code: string): Promise<string> => {
    const result = await runCli(['serve', '--config', site.settingsPath]);
    const last = result.stderr.trim().split('\n');
    expect(last).toHaveLength(1);
    expect(last[0]).toContain(`[${code}]`);
    expect(result.code).toBe(1);
    return last[0] ?? '';
  };

  it('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const site = makeSite(SETTINGS.replace('unix:run/authz.sock', `127.0.0.1:${port}`));
    expect(await oneSentence(site, 'ERR_GRPC_ADDRESS_IN_USE')).toContain(String(port));
  });

  it('a socket in use by somebody else', async () => {
    const site = makeSite();
    const server = createServer().listen(site.path('run', 'web.sock'));
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    expect(await oneSentence(site, 'ERR_GRPC_ADDRESS_IN_USE')).toContain('web.sock');
    expect(server.listening).toBe(true);
  });

  it('a state folder that cannot be made', async () => {
    const site = makeSite(SETTINGS.replace('./state', './sallyport.yaml/state'));
    await oneSentence(site, 'ERR_STATE_NOT_WRITABLE');
  });

  it('a state folder, and a key in it, that others can read', async () => {
    const site = makeSite();
    expect(await (await serve(site.settingsPath)).end('SIGTERM')).toBe(0);
    chmodSync(site.path('state'), 0o755);
    await oneSentence(site, 'ERR_STATE_OPEN');
    chmodSync(site.path('state'), 0o700);
    const [key] = readdirSync(site.path('state', 'keys'));
    chmodSync(site.path('state', 'keys', key ?? ''), 0o644);
    await oneSentence(site, 'ERR_STATE_KEY_OPEN');
  });

  it('a second one on the same state folder', async () => {
    const site = makeSite();
    const first = await serve(site.settingsPath);
    expect(await oneSentence(site, 'ERR_STATE_LOCKED')).toMatch(/\d+/);
    expect(await first.end('SIGTERM')).toBe(0);
  });
});
