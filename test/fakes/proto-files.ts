import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Definitions, loadDefinitions } from '../../src/proto/index.ts';

const PROTO_FOLDER = join(import.meta.dirname, '../../proto');

/** The texts under `proto/` by their path there, as `app` reads them at start. */
export function protoFiles(): ReadonlyMap<string, string> {
  const paths = readdirSync(PROTO_FOLDER, { recursive: true, encoding: 'utf8' });
  return new Map(
    paths
      .filter((path) => path.endsWith('.proto'))
      .sort()
      .map((path) => [path, readFileSync(join(PROTO_FOLDER, path), 'utf8')]),
  );
}

let loaded: Definitions | undefined;

export function testDefinitions(): Definitions {
  loaded ??= loadDefinitions(protoFiles());
  return loaded;
}
