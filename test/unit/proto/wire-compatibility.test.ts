import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { protoFiles } from '../../fakes/proto-files.ts';
import { NEWER_DEFINITIONS } from './newer-definitions.ts';

const files = protoFiles();
const official = loadOfficial();
const ours = collect(loadOurs());

describe('our interface definitions and the official ones', () => {
  test('there is something to compare', () => {
    expect(ours.length).toBeGreaterThan(40);
  });

  test.each([...files])('%s names the file it follows', (path, text) => {
    const first = text.split('\n')[0] ?? '';
    expect(first).toMatch(/^\/\/ Follows \S+\.proto of [\w-]+\/[\w-]+/);
    if (path.startsWith('envoy/') || path.startsWith('google/')) {
      expect(first).toContain(`Follows ${path} of`);
    }
  });

  test.each(ours.map((item) => [item.fullName.slice(1), item] as const))('%s', (name, item) => {
    const upstream = official.lookup(name) ?? undefined;
    const newer = NEWER_DEFINITIONS[name];
    if (upstream === undefined) {
      expect(newer, `${name} is not official and has no source`).toBeDefined();
    }
    if (item instanceof protobuf.Enum) {
      const known = upstream instanceof protobuf.Enum ? upstream.values : newer?.values;
      expect(item.values).toEqual(known);
    } else if (item instanceof protobuf.Service) {
      const known = upstream instanceof protobuf.Service ? describeMethods(upstream) : newer?.methods;
      expect(describeMethods(item)).toEqual(known);
    } else {
      const mine = describeFields(item);
      const theirs = upstream instanceof protobuf.Type ? describeFields(upstream) : {};
      for (const [number, description] of Object.entries(mine)) {
        const known: string | undefined = theirs[Number(number)] ?? newer?.fields?.[Number(number)];
        expect(`${number} ${description}`).toBe(`${number} ${known}`);
      }
    }
  });

  test('what is listed as newer is in use and not official', () => {
    for (const [name, newer] of Object.entries(NEWER_DEFINITIONS)) {
      const mine = ours.find((item) => item.fullName === `.${name}`);
      const upstream = official.lookup(name);
      expect(mine, name).toBeDefined();
      for (const number of Object.keys(newer.fields ?? {})) {
        expect(mine instanceof protobuf.Type && Number(number) in describeFields(mine), name).toBe(true);
        expect(upstream instanceof protobuf.Type && Number(number) in describeFields(upstream), name).toBe(
          false,
        );
      }
    }
  });
});

type Compared = protobuf.Type | protobuf.Enum | protobuf.Service;

function collect(namespace: protobuf.NamespaceBase): readonly Compared[] {
  return namespace.nestedArray.flatMap((item): readonly Compared[] => {
    if (item.fullName.startsWith('.google.protobuf')) {
      return [];
    }
    const inner = item instanceof protobuf.Namespace ? collect(item) : [];
    const self =
      item instanceof protobuf.Type || item instanceof protobuf.Enum || item instanceof protobuf.Service;
    return self ? [item, ...inner] : inner;
  });
}

/** By number: name, label, type by its full name, and the oneof it is in. */
function describeFields(type: protobuf.Type): Readonly<Record<number, string>> {
  return Object.fromEntries(type.fieldsArray.map((field) => [field.id, describeField(field)]));
}

function describeField(given: protobuf.Field): string {
  const field = given.resolve();
  const valueType = field.resolvedType?.fullName.slice(1) ?? field.type;
  const type =
    field instanceof protobuf.MapField
      ? `map<${field.keyType}, ${valueType}>`
      : `${field.repeated ? 'repeated ' : ''}${valueType}`;
  return `${field.name}: ${type}${field.partOf === null ? '' : ` in ${field.partOf.name}`}`;
}

function describeMethods(service: protobuf.Service): Readonly<Record<string, string>> {
  return Object.fromEntries(
    service.methodsArray.map((given) => {
      const method = given.resolve() as protobuf.Method;
      const request = `${method.requestStream === true ? 'stream ' : ''}${method.resolvedRequestType?.fullName.slice(1)}`;
      const response = `${method.responseStream === true ? 'stream ' : ''}${method.resolvedResponseType?.fullName.slice(1)}`;
      return [method.name, `${request} -> ${response}`];
    }),
  );
}

function loadOurs(): protobuf.Root {
  const root = new protobuf.Root();
  for (const text of files.values()) {
    protobuf.parse(text, root, { keepCase: true });
  }
  addWellKnown(root, [...files.values()]);
  root.resolveAll();
  return root;
}

/** Every official file of ours and all it imports. */
function loadOfficial(): protobuf.Root {
  const require = createRequire(import.meta.url);
  const deps = join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps');
  const folders = ['envoy-api', 'googleapis', 'xds', 'protoc-gen-validate'].map((name) => join(deps, name));
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    folders.map((folder) => join(folder, target)).find((path) => existsSync(path)) ?? target;
  const wanted = [...files.keys()].filter((path) => existsSync(root.resolvePath('', path) ?? ''));
  root.loadSync(wanted, { keepCase: true });
  root.resolveAll();
  return root;
}

function addWellKnown(root: protobuf.Root, texts: readonly string[]): void {
  const wanted = new Set(
    texts.flatMap((text) => [...text.matchAll(/"(google\/protobuf\/\w+\.proto)"/g)].map((m) => m[1] ?? '')),
  );
  for (const path of wanted) {
    root.addJSON(protobuf.common.get(path)?.nested ?? {});
  }
}
