import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnvoyProxy, makeBootstrap, toJson, toYaml } from '../../src/envoy/index.ts';
import { type EnvoyBinary, FIXED_PORTS, labProxies, type Places, PROXY_NAMES } from '../../src/lab/index.ts';
import { envoyAtHand, validationProblems } from './envoy-at-hand.ts';
import { EVERY_FEATURE } from './every-proxy.ts';

const LOCAL: Places = {
  bind: (_service, port) => ({ host: '127.0.0.1', port: FIXED_PORTS[port] }),
  dial: (_service, port) => ({ host: '127.0.0.1', port: FIXED_PORTS[port] }),
  folders: { config: '/tmp/sp/config', sockets: '/tmp/sp/run', state: '/tmp/sp/state' },
};

const CONTAINERS: Places = {
  ...LOCAL,
  bind: (_service, port) => ({ host: '0.0.0.0', port: FIXED_PORTS[port] }),
  dial: (service, port) => ({ host: service, port: FIXED_PORTS[port] }),
};

const PROXIES: readonly (readonly [string, EnvoyProxy])[] = [
  ['every feature', EVERY_FEATURE],
  ['no admin', { ...EVERY_FEATURE, admin: undefined }],
  ...PROXY_NAMES.map((name) => [`lab, ${name}`, labProxies(LOCAL)[name]] as const),
  ...PROXY_NAMES.map((name) => [`container lab, ${name}`, labProxies(CONTAINERS)[name]] as const),
];

describe.each(['1.36', '1.40'] as const)('Envoy %s', (version) => {
  let folder = '';
  let envoy: EnvoyBinary;

  beforeAll(async () => {
    envoy = await envoyAtHand(version);
    folder = await mkdtemp(join(tmpdir(), 'sp-validate-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is the release that was asked for', ({ task }) => {
    task.meta.labRuntime = `Envoy ${envoy.release}, a local binary`;
    expect(envoy.version).toBe(version);
  });

  it.each(PROXIES)('accepts the configuration of %s', async (name, proxy) => {
    const file = join(folder, `${name.replaceAll(/[ ,]/g, '-')}.yaml`);
    await writeFile(file, toYaml(makeBootstrap(proxy, version)));
    expect(await validationProblems(envoy, file)).toBe('');
  });

  it('accepts it as JSON', async () => {
    const file = join(folder, 'every.json');
    await writeFile(file, toJson(makeBootstrap(EVERY_FEATURE, version)));
    expect(await validationProblems(envoy, file)).toBe('');
  });

  it('refuses a configuration with a field that it does not know', async () => {
    const file = join(folder, 'wrong.json');
    await writeFile(file, toJson({ ...makeBootstrap(EVERY_FEATURE, version), sallyport: true }));
    expect(await validationProblems(envoy, file)).toContain('sallyport');
  });
});
