import { lstat, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FIXED_PORTS, labFiles, type Places, writeLabFiles } from '../../../src/lab/index.ts';

const PLACES: Places = {
  bind: (_service, port) => ({ host: '0.0.0.0', port: FIXED_PORTS[port] }),
  dial: (service, port) => ({ host: `${service}.lab`, port: FIXED_PORTS[port] + 1 }),
  folders: { config: '/lab/config', sockets: '/lab/run', state: '/lab/state' },
};
const OPTIONS = { envoyVersion: '1.40', socketOwner: ':101' } as const;

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function textOf(path: string): Promise<string> {
  return (await labFiles(PLACES, OPTIONS)).get(path) ?? '';
}

describe('labFiles', () => {
  it('puts the addresses of the places into the examples', async () => {
    expect(await textOf('policies/edge.yaml')).toContain('jwksUri: http://issuer.lab:8081/jwks.json');
    const workloads = await textOf('workloads/workloads.yaml');
    expect(workloads.match(/address: .*/g)).toEqual([
      'address: edge.lab',
      'address: frontend.lab',
      'address: orders.lab',
      'address: orders.lab',
    ]);
    expect(await textOf('policies/shop.yaml')).toContain('ports: ["8443"]');
  });

  it('gives every workload a socket of its own, owned by its Envoy', async () => {
    const settings: unknown = parse(await textOf('sallyport.yaml'));
    expect(settings).toMatchObject({
      trustDomain: 'example.org',
      stateDir: '/lab/state/sallyport',
      listeners: {
        agents: ['edge', 'frontend', 'orders', 'intruder'].map((name) => ({
          name,
          address: `unix:///lab/run/agent-${name}.sock`,
          mode: '0660',
          owner: ':101',
        })),
        admin: { address: '0.0.0.0:9901', insecure: true },
      },
    });
  });

  it('keeps sockets to the user who runs Sallyport when there is no other', async () => {
    const files = await labFiles(PLACES, { ...OPTIONS, socketOwner: undefined });
    expect(files.get('sallyport.yaml')).not.toContain('owner');
    expect(files.get('sallyport.yaml')).toContain('mode: "0600"');
  });
});

describe('writeLabFiles', () => {
  it('writes all of it, and a folder as Kubernetes mounts one; a second time too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sp-files-'));
    folders.push(folder);
    const files = await labFiles(PLACES, OPTIONS);
    await writeLabFiles(folder, PLACES, files);
    await writeLabFiles(folder, PLACES, files);
    for (const [path, text] of files) {
      expect(await readFile(join(folder, path), 'utf8')).toBe(text);
    }
    const mounted = join(folder, 'mounted-policies');
    expect((await lstat(join(mounted, '..data'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(mounted, 'mounted.yaml'), 'utf8')).toContain('name: mounted');
  });
});
