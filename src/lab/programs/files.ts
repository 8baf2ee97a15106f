import { parseArgs } from 'node:util';
import { DEFAULT_ENVOY_VERSION, parseEnvoyVersion } from '../../envoy/index.ts';
import { labFiles, writeLabFiles } from '../lab-files.ts';
import { CONTAINER_PLACES, CONTAINER_SOCKET_OWNER } from '../runtime-containers-places.ts';

/**
 * Writes every file of the lab as containers need them and ends: the first service of `docker-compose.yml`.
 *
 * `--out /etc/sallyport --envoy 1.40`
 */
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: CONTAINER_PLACES.folders.config },
    envoy: { type: 'string', default: DEFAULT_ENVOY_VERSION },
  },
});
const files = await labFiles(CONTAINER_PLACES, {
  envoyVersion: parseEnvoyVersion(values.envoy),
  socketOwner: CONTAINER_SOCKET_OWNER,
});
await writeLabFiles(values.out, CONTAINER_PLACES, files);
process.stdout.write(`${files.size} files in ${values.out}\n`);
