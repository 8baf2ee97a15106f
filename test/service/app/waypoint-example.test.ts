import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { checkFiles } from '../../../src/app/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import { decodeReply, encodeCheck, socket } from '../../unit/authz/bed.ts';
import { makeSite, type Site } from './bed.ts';
import { start } from './running.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/waypoint');

function exampleSite(): Site {
  const site = makeSite();
  for (const name of ['policies', 'workloads']) {
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

const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';
const ORDERS = 'spiffe://example.org/ns/shop/sa/orders';

/** Who asks, at which address and port, how, and what comes of it. */
const ROWS: readonly (readonly [string, string, number, string, string])[] = [
  [FRONTEND, '10.96.0.10', 80, 'GET', 'allowed_by_policy shop/readers shop/waypoint for Service/shop/orders'],
  [FRONTEND, '10.96.0.10', 80, 'POST', 'denied_no_rule - shop/waypoint for Service/shop/orders'],
  [FRONTEND, '10.96.0.11', 80, 'POST', 'allowed_no_policy - shop/waypoint for Service/shop/stock'],
  ['-', '10.96.0.11', 80, 'GET', 'denied_by_policy shop/known-callers shop/waypoint for Service/shop/stock'],
  [FRONTEND, '240.240.0.1', 443, 'GET', 'denied_no_rule - shop/waypoint for ServiceEntry/shop/bank'],
  [ORDERS, '240.240.0.1', 443, 'GET', 'allowed_by_policy shop/bank shop/waypoint for ServiceEntry/shop/bank'],
  [FRONTEND, '10.96.0.10', 81, 'GET', 'destination_unknown - -'],
  [FRONTEND, '10.96.0.12', 80, 'GET', 'destination_unknown - -'],
];

describe('the example of a waypoint', () => {
  it('has no problem', async () => {
    const { diagnostics, summary } = await checkFiles(join(EXAMPLE, 'sallyport.yaml'), systemClock);
    expect(diagnostics).toEqual([]);
    expect(summary).toContain('2 Service, 1 ServiceEntry, 1 Gateway');
  });

  it('judges by the service that an address stands for', async () => {
    const site = exampleSite();
    await start(site);
    const seen: string[] = [];
    for (const [peer, address, port, method] of ROWS) {
      seen.push(await ask(site.path('authz.sock'), peer, socket(address, port), method));
    }
    expect(seen).toEqual(ROWS.map(([, , , , answer]) => answer));
  });
});

function ask(path: string, peer: string, address: object, method: string): Promise<string> {
  const http = { method, path: '/', host: 'orders.shop', headers: { ':method': method, ':path': '/' } };
  const bytes = encodeCheck({ source: {}, destination: { address }, request: { http } });
  const metadata = new grpc.Metadata();
  metadata.set('x-sallyport-peer', peer);
  const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/envoy.service.auth.v3.Authorization/Check',
      (message: Buffer) => message,
      decodeReply,
      bytes,
      metadata,
      (error, reply) => {
        client.close();
        if (error !== null || reply === undefined) {
          reject(error);
          return;
        }
        const text = (name: string) => reply.dynamic_metadata?.fields[name]?.stringValue ?? '-';
        resolve(`${text('reason')} ${text('policy')} ${text('workload')}`);
      },
    );
  });
}
