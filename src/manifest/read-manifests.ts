import { type Checked, type Diagnostic, sortDiagnostics } from '../base/index.ts';
import { checkShape } from './check-shape.ts';
import type { ManifestFile } from './manifest-file.ts';
import { apiGroupOf, type ManifestObject } from './manifest-object.ts';
import { objectHead } from './metadata.ts';
import { diagnosticAt, type PlainValue, type Positioned } from './positioned.ts';
import { readYamlDocuments } from './yaml-document.ts';

/**
 * Reads all objects of all files: several documents a file, a `kind: List` unfolded, every problem of
 * every file reported. The value holds the objects that could be read even beside errors, so that later
 * checks can add theirs; it may be used for nothing else then.
 */
export function readManifests(files: readonly ManifestFile[]): Checked<readonly ManifestObject[]> {
  const diagnostics: Diagnostic[] = [];
  const objects: ManifestObject[] = [];
  for (const file of files) {
    const documents = readYamlDocuments(file);
    diagnostics.push(...documents.diagnostics);
    for (const part of (documents.value ?? []).flatMap(unfold)) {
      const checked = readObject(part);
      diagnostics.push(...checked.diagnostics);
      if (checked.value !== undefined) {
        objects.push(checked.value);
      }
    }
  }
  diagnostics.push(...duplicates(objects));
  return { value: objects, diagnostics: sortDiagnostics(diagnostics) };
}

/** The items of a `kind: List`, each in its place; any other document as it is. */
function unfold(document: Positioned): readonly Positioned[] {
  const { value } = document;
  if (!isMap(value) || value['kind'] !== 'List' || !isList(value['items'])) {
    return [document];
  }
  return value['items'].flatMap((item, index) => unfold(partOf(document, index, item)));
}

function partOf(document: Positioned, index: number, value: PlainValue): Positioned {
  return {
    file: document.file,
    value,
    locate: (path) => document.locate(['items', index, ...path]),
    locateKey: (path) => document.locateKey(['items', index, ...path]),
  };
}

function readObject(source: Positioned): Checked<ManifestObject> {
  const head = checkShape(source, objectHead);
  if (head.value === undefined) {
    return { value: undefined, diagnostics: head.diagnostics };
  }
  const { apiVersion, kind, metadata } = head.value;
  return {
    value: {
      ...source,
      ...source.locate([]),
      apiVersion,
      kind,
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      labels: metadata.labels ?? new Map(),
      annotations: metadata.annotations ?? new Map(),
      creationTimestamp: metadata.creationTimestamp ?? undefined,
    },
    diagnostics: [],
  };
}

function duplicates(objects: readonly ManifestObject[]): readonly Diagnostic[] {
  const first = new Map<string, ManifestObject>();
  return objects.flatMap((object) => {
    const key = [apiGroupOf(object), object.kind, object.namespace, object.name].join(' ');
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, object);
      return [];
    }
    return [
      diagnosticAt(object, ['metadata', 'name'], {
        code: 'ERR_MANIFEST_DUPLICATE_OBJECT',
        message: `${object.kind} \`${object.namespace}/${object.name}\` stands also at ${other.file}:${other.line}`,
        hint: 'rename or remove one of them',
      }),
    ];
  });
}

function isMap(value: PlainValue): value is { readonly [name: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: PlainValue | undefined): value is readonly PlainValue[] {
  return Array.isArray(value);
}
