import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Definitions, loadDefinitions } from '../proto/index.ts';

/** `proto/` of this package: two folders above `src/app`, and above `dist/app` once built. */
const PROTO_FOLDER = fileURLToPath(new URL('../../proto', import.meta.url));

/** The interface definitions that this package carries. Throws `ERR_PROTO_DEFINITION`. */
export function readDefinitions(folder: string = PROTO_FOLDER): Definitions {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.proto'))
    .sort()
    .map((path) => [path.split(sep).join('/'), readFileSync(join(folder, path), 'utf8')] as const);
  return loadDefinitions(new Map(files));
}
