import { dirname } from 'node:path';
import { type Checked, sortDiagnostics } from '../base/index.ts';
import { checkShape, type ManifestFile, readYaml, type YamlDocument } from '../manifest/index.ts';
import { crossCheck } from './cross-check.ts';
import { readBoundedFile } from './read-file.ts';
import { resolvePaths } from './resolve-paths.ts';
import { type Settings, settingsSchema, settingsShape } from './settings.ts';

/**
 * The settings of a file's text, all problems at once. Relative paths are resolved against the folder
 * of `file.path`.
 */
export function loadSettings(file: ManifestFile): Checked<Settings> {
  const document = readYaml(file);
  if (document.value === undefined) {
    return { value: undefined, diagnostics: document.diagnostics };
  }
  const checked = checkShape(document.value, settingsSchema);
  const readable = checked.value ?? readableParts(document.value);
  const resolved = resolvePaths(readable, dirname(file.path));
  const diagnostics = sortDiagnostics([
    ...document.diagnostics,
    ...checked.diagnostics,
    ...crossCheck(document.value, resolved),
  ]);
  const isComplete = checked.value !== undefined && diagnostics.every(({ severity }) => severity !== 'error');
  return { value: isComplete ? { ...checked.value, ...resolved } : undefined, diagnostics };
}

/** `loadSettings` of a file on disk. A file that cannot be read is a diagnostic too. */
export async function readSettings(path: string): Promise<Checked<Settings>> {
  const file = await readBoundedFile(path);
  return file.value === undefined
    ? { value: undefined, diagnostics: file.diagnostics }
    : loadSettings(file.value);
}

/** The members that are in order on their own, so that checks between members can still be made. */
function readableParts(document: YamlDocument): Partial<Settings> {
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {};
  }
  const given = value as Readonly<Record<string, unknown>>;
  const parts = Object.entries(settingsShape).flatMap(([key, schema]) => {
    const part = schema.safeParse(given[key]);
    return part.success ? [[key, part.data] as const] : [];
  });
  return Object.fromEntries(parts);
}
