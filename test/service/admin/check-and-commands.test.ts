import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as grpc from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';
import { mintX509, startSallyport } from '../../../src/app/index.ts';
import { REASON_HEADER } from '../../../src/authz/index.ts';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { parseSpiffeId } from '../../../src/identity/index.ts';
import { writePem } from '../../../src/x509/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';

const ID = 'spiffe://example.org/ns/web/sa/frontend';
const POLICY = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: readers, namespace: shop }
spec: { rules: [{ from: [{ source: { principals: [example.org/ns/web/sa/frontend] } }] }] }
`;
const WORKLOAD = `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: orders, namespace: shop }
spec: { address: 10.0.0.7, serviceAccount: orders }
`;
const run = promisify(execFile);

async function startBed() {
  const folder = mkdtempSync(join(tmpdir(), 'sp-cmd-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const settingsPath = join(folder, 'sallyport.yaml');
  const socket = join(folder, 'authz.sock');
  const lines = [
    'trustDomain: example.org',
    'stateDir: ./state',
    'listeners:',
    `  authz: [{ name: checks, address: "unix:${socket}" }]`,
    '  admin: { address: "127.0.0.1:0" }',
    'policies: [./policies]',
    'workloads: [./workloads]',
  ];
  writeFileSync(settingsPath, `${lines.join('\n')}\n`);
  for (const [name, text] of [
    ['policies', POLICY],
    ['workloads', WORKLOAD],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'all.yaml'), text);
  }
  const base = { settingsPath, clock: systemClock, random: systemRandom };
  const running = await startSallyport({ ...base, output: { write: () => undefined } });
  onTestFinished(() => running.stop());
  return {
    folder,
    stop: () => running.stop(),
    /** A certificate as Envoy shows it. */
    async mint(ttlSeconds: number): Promise<{ serial: string; shown: string }> {
      const { x509 } = await mintX509({
        ...base,
        request: { spiffeId: parseSpiffeId(ID), dnsNames: [], ttlSeconds },
      });
      const [leaf = new Uint8Array()] = x509.certificates;
      return { serial: x509.serial, shown: encodeURIComponent(writePem('CERTIFICATE', [leaf])) };
    },
    reasonFor: (certificate: string) => checkReason(socket, certificate),
    sallyport: (...args: readonly string[]) =>
      run('node_modules/.bin/node', ['src/cli/main.ts', ...args, '--config', settingsPath]).then(
        ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
        (error: { code: number; stdout: string; stderr: string }) => error,
      ),
  };
}

interface Answer {
  readonly status: { readonly code: number };
  readonly denied_response: {
    readonly headers: readonly { readonly header: { readonly key: string; readonly value: string } }[];
  } | null;
}

/** `allowed`, or the reason that the denial names. */
async function checkReason(socket: string, certificate: string): Promise<string> {
  const method = testDefinitions().service('envoy.service.auth.v3.Authorization')[
    'Check'
  ] as grpc.MethodDefinition<object, object>;
  const client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure());
  const headers = { ':method': 'GET', ':path': '/orders' };
  const attributes = {
    source: { principal: ID, certificate },
    destination: { principal: 'spiffe://example.org/ns/shop/sa/orders' },
    request: { http: { method: 'GET', path: '/orders', host: 'orders', headers } },
  };
  const answer = await new Promise<Answer>((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { attributes },
      (error, response) => (error ? reject(error) : resolve(response as Answer)),
    );
  });
  client.close();
  return answer.status.code === 0
    ? 'allowed'
    : (answer.denied_response?.headers.find(({ header }) => header.key === REASON_HEADER)?.header.value ??
        '');
}

it('a revoked certificate, and one past its end, are refused by Check', async () => {
  const { mint, reasonFor, sallyport } = await startBed();
  const [good, bad, short] = [await mint(60), await mint(60), await mint(1)];
  expect(await reasonFor(good.shown)).toBe('allowed');
  expect(await reasonFor(bad.shown)).toBe('allowed');
  expect((await sallyport('certs', 'revoke', bad.serial)).stdout).toBe(`revoked ${bad.serial} of ${ID}\n`);
  expect(await reasonFor(bad.shown)).toBe('source_revoked');
  expect(await reasonFor(good.shown)).toBe('allowed');
  await expect.poll(() => reasonFor(short.shown), { timeout: 5000 }).toBe('source_untrusted');
});

it('the commands show and change a running sallyport, and say when there is none', async () => {
  const { folder, mint, stop, sallyport } = await startBed();
  const { serial } = await mint(60);
  expect((await sallyport('certs', 'list')).stdout).toMatch(new RegExp(`${serial} +${ID} `));
  const authorities = (await sallyport('authority', 'show')).stdout;
  expect(authorities).toMatch(/root +active/);
  expect((await sallyport('authority', 'prepare', 'root')).stdout).toMatch(
    /^root [0-9a-f]{40} is prepared\n$/,
  );
  const entry = ['--name', 'x', '--spiffe-id', 'spiffe://example.org/x', '--selector', 'sallyport:socket:x'];
  expect((await sallyport('entry', 'create', ...entry)).stdout).toBe(
    'x is created: spiffe://example.org/x\n',
  );
  const bundle = join(folder, 'bundle.json');
  await sallyport('bundle', 'export', '--format', 'spiffe', '--write', bundle);
  const { keys, spiffe_sequence } = JSON.parse(readFileSync(bundle, 'utf8'));
  expect(keys).toEqual([
    expect.objectContaining({ use: 'x509-svid', kty: 'EC', crv: 'P-256', x5c: [expect.any(String)] }),
    expect.objectContaining({ use: 'x509-svid' }),
    expect.objectContaining({ use: 'jwt-svid', kid: expect.any(String), kty: 'EC' }),
  ]);
  expect(spiffe_sequence).toBe(2);
  const refused = await sallyport('entry', 'create', ...entry);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('[ERR_ENTRY_EXISTS]')]);
  const wrong = await sallyport('entry', 'create', '--name', 'y', '--selector', 'sallyport:socket:y');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('[ERR_MANIFEST_SHAPE]')]);
  await stop();
  const silent = await sallyport('authority', 'show');
  expect([silent.code, silent.stderr]).toEqual([1, expect.stringContaining('no sallyport runs at')]);
});
