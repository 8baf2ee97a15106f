import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EnvoyVersion, makeBootstrap, toYaml } from '../envoy/index.ts';
import { formatHostPort, type Places } from './places.ts';
import { labProxies, PROXY_NAMES, type ProxyName } from './proxies.ts';
import {
  ENTRIES_FOLDER,
  MOUNTED_POLICIES_FOLDER,
  POLICIES_FOLDER,
  settingsText,
  WORKLOADS_FOLDER,
} from './settings.ts';
import { EDITED_POLICY, MOUNTED_POLICY, toggledPolicyText } from './toggled-policy.ts';

/** The policies, workloads and entries of the lab, for people to read and change. */
export const EXAMPLES_FOLDER = fileURLToPath(new URL('../../examples/lab', import.meta.url));

export const SETTINGS_FILE = 'sallyport.yaml';
export const MOUNTED_DATA = '..data';
const MOUNTED_FIRST = '..first';

export function bootstrapFile(name: ProxyName): string {
  return `envoy/${name}.yaml`;
}

export interface LabFileOptions {
  readonly envoyVersion: EnvoyVersion;
  readonly socketOwner: string | undefined;
}

/** Every file of the lab by its path in the config folder. */
export async function labFiles(
  places: Places,
  options: LabFileOptions,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>([[SETTINGS_FILE, settingsText(places, options.socketOwner)]]);
  for (const folder of [POLICIES_FOLDER, WORKLOADS_FOLDER, ENTRIES_FOLDER]) {
    for (const name of (await readdir(join(EXAMPLES_FOLDER, folder))).sort()) {
      const text = await readFile(join(EXAMPLES_FOLDER, folder, name), 'utf8');
      files.set(`${folder}/${name}`, localise(text, places));
    }
  }
  files.set(`${POLICIES_FOLDER}/${EDITED_POLICY.file}`, toggledPolicyText(EDITED_POLICY.name, false, places));
  const proxies = labProxies(places);
  for (const name of PROXY_NAMES) {
    files.set(bootstrapFile(name), toYaml(makeBootstrap(proxies[name], options.envoyVersion)));
  }
  return files;
}

/** Writes them, and beside them the folder that looks like a mounted ConfigMap. */
export async function writeLabFiles(
  folder: string,
  places: Places,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const mounted = join(folder, MOUNTED_POLICIES_FOLDER);
  await mkdir(join(mounted, MOUNTED_FIRST), { recursive: true });
  await writeFile(
    join(mounted, MOUNTED_FIRST, MOUNTED_POLICY.file),
    toggledPolicyText(MOUNTED_POLICY.name, false, places),
  );
  await link(MOUNTED_FIRST, join(mounted, MOUNTED_DATA));
  await link(`${MOUNTED_DATA}/${MOUNTED_POLICY.file}`, join(mounted, MOUNTED_POLICY.file));
}

async function link(target: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}

/** The examples name hosts and ports as containers do; elsewhere they are others. */
function localise(text: string, places: Places): string {
  const issuer = formatHostPort(places.dial('issuer', 'http'));
  return text
    .replaceAll('http://issuer:8080/', `http://${issuer}/`)
    .replaceAll('"8443"', `"${places.bind('orders', 'inbound').port}"`)
    .replace(/^( {2}address: )(edge|frontend|orders)$/gm, (_, key: string, name: ProxyName) => {
      const port = name === 'edge' ? 'http' : 'inbound';
      return `${key}${places.dial(name, port).host}`;
    });
}
