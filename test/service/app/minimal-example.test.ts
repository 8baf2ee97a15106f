import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkFiles } from '../../../src/app/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import { callUnary } from '../grpc/call-unary.ts';
import { makeSite, type Site } from './bed.ts';
import { start } from './running.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/minimal');

/** The example in a folder of its own, on sockets where a test finds them. */
function exampleSite(): Site {
  const site = makeSite();
  for (const name of ['policies', 'workloads', 'entries']) {
    renameSync(site.path(name), site.path(`unused-${name}`));
    cpSync(join(EXAMPLE, name), site.path(name), { recursive: true });
  }
  const settings = readFileSync(join(EXAMPLE, 'sallyport.yaml'), 'utf8');
  writeFileSync(
    site.settingsPath,
    settings
      .replace('127.0.0.1:9191', 'unix:authz.sock')
      .replace('listeners:\n', 'listeners:\n  admin: { address: "127.0.0.1:0" }\n'),
  );
  return site;
}

it('the example of the README has no problem and does what it says', async () => {
  const { diagnostics } = await checkFiles(join(EXAMPLE, 'sallyport.yaml'), systemClock);
  expect(diagnostics).toEqual([]);
  const site = exampleSite();
  await start(site);
  const secrets = 'envoy.service.secret.v3.SecretDiscoveryService';
  const names = { resource_names: ['default', 'ROOTCA'] };
  expect(await callUnary(site.path('web.sock'), secrets, 'FetchSecrets', names)).toMatchObject({
    resources: [{}, {}],
  });
  const codeOf = async (path: string): Promise<unknown> => {
    const attributes = {
      source: { principal: 'spiffe://example.org/ns/web/sa/frontend' },
      destination: { principal: 'spiffe://example.org/ns/shop/sa/orders' },
      request: {
        http: { method: 'GET', path, host: 'orders', headers: { ':method': 'GET', ':path': path } },
      },
    };
    const service = 'envoy.service.auth.v3.Authorization';
    return callUnary(site.path('authz.sock'), service, 'Check', { attributes });
  };
  expect(await codeOf('/orders/7')).toMatchObject({ status: { code: 0 } });
  expect(await codeOf('/admin')).toMatchObject({ status: { code: 7 } });
});
