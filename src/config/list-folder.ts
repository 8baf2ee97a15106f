import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic, LIMITS, type Severity } from '../base/index.ts';
import { fileProblem } from './file-problem.ts';

/** A folder to read, and how bad it is when it is missing or empty. */
export interface FolderSource {
  readonly path: string;
  readonly absentIs: Severity;
}

/** What stands in some folders at one moment, without the content. */
export interface Listing {
  /** The paths of each source's files, in order. */
  readonly files: readonly (readonly string[])[];
  /** The folders themselves and those in them, with what tells one from another that took its place. */
  readonly folders: readonly { readonly path: string; readonly id: string }[];
  readonly diagnostics: readonly Diagnostic[];
  /** Changes whenever a file is written, replaced, added or removed. */
  readonly signature: string;
}

const DEPTH_MAX = 16;
const STATS_AT_ONCE = 64;

/**
 * Lists `*.yaml`, `*.yml` and `*.json` of the folders and of the folders in them. Links are followed, for
 * a Kubernetes mount shows its files as links through `..data`; names that begin with a dot are not looked
 * at, `..data` itself among them.
 */
export async function listFolders(sources: readonly FolderSource[]): Promise<Listing> {
  const files: string[][] = [];
  const walk: Walk = { files: [], folders: [], diagnostics: [], marks: [] };
  for (const { path, absentIs } of sources) {
    const before = walk.files.length;
    const problems = walk.diagnostics.length;
    await listFolder(walk, path, [], absentIs);
    files.push(walk.files.slice(before).sort());
    if (walk.files.length === before && walk.diagnostics.length === problems) {
      walk.diagnostics.push(
        fileProblem(
          path,
          'ERR_FOLDER_EMPTY',
          'folder holds no `*.yaml`, `*.yml` or `*.json`',
          'put the files there, or take the folder out of the settings',
          absentIs,
        ),
      );
    }
  }
  const diagnostics = walk.diagnostics.slice(0, LIMITS.diagnostics);
  const marks = [...walk.marks, ...diagnostics.map(({ file, code }) => `${code} ${file}`)].sort();
  return { files, folders: walk.folders, diagnostics, signature: marks.join('\n') };
}

/** True for a name that `listFolders` reads. */
export function isManifestName(name: string): boolean {
  return !name.startsWith('.') && /\.(?:ya?ml|json)$/i.test(name);
}

interface Walk {
  readonly files: string[];
  readonly folders: { readonly path: string; readonly id: string }[];
  readonly diagnostics: Diagnostic[];
  readonly marks: string[];
}

async function listFolder(
  walk: Walk,
  path: string,
  trail: readonly string[],
  absentIs: Severity,
): Promise<void> {
  let names: readonly Dirent[];
  let id: string;
  try {
    id = identityOf(await stat(path, { bigint: true }));
    names = await readdir(path, { withFileTypes: true });
  } catch (error) {
    walk.diagnostics.push(folderProblem(path, error, absentIs));
    return;
  }
  if (trail.includes(id) || trail.length > DEPTH_MAX) {
    const what = trail.includes(id) ? 'folder holds itself' : `folder is over ${DEPTH_MAX} levels deep`;
    walk.diagnostics.push(
      fileProblem(path, 'ERR_LIMIT_EXCEEDED', what, 'remove the link or move the files up'),
    );
    return;
  }
  walk.folders.push({ path, id });
  const visible = names.filter(({ name }) => !name.startsWith('.'));
  for (let start = 0; start < visible.length; start += STATS_AT_ONCE) {
    const entries = visible.slice(start, start + STATS_AT_ONCE).filter(mayMatter);
    const found = await Promise.all(entries.map((entry) => look(join(path, entry.name))));
    for (const [index, entry] of entries.entries()) {
      await take(walk, join(path, entry.name), entry.name, found[index], [...trail, id]);
    }
  }
}

function mayMatter(entry: Dirent): boolean {
  // Some file systems do not tell what an entry is.
  return isManifestName(entry.name) || !entry.isFile();
}

async function take(
  walk: Walk,
  path: string,
  name: string,
  stats: BigIntStats | undefined,
  trail: readonly string[],
): Promise<void> {
  if (stats?.isDirectory() === true) {
    await listFolder(walk, path, trail, 'error');
    return;
  }
  if (!isManifestName(name)) {
    return;
  }
  if (stats?.isFile() !== true) {
    walk.diagnostics.push(
      fileProblem(
        path,
        'ERR_FILE_UNREADABLE',
        stats === undefined
          ? 'link leads nowhere, or the file may not be looked at'
          : 'is not a regular file',
        'remove it or mend the link',
      ),
    );
    return;
  }
  if (walk.files.length === LIMITS.manifestFiles) {
    walk.diagnostics.push(
      fileProblem(
        path,
        'ERR_LIMIT_EXCEEDED',
        `over ${LIMITS.manifestFiles} files`,
        'put several objects into a file',
      ),
    );
  }
  if (walk.files.length > LIMITS.manifestFiles) {
    return;
  }
  walk.files.push(path);
  walk.marks.push(`${path} ${identityOf(stats)} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`);
}

async function look(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

function folderProblem(path: string, error: unknown, absentIs: Severity): Diagnostic {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return fileProblem(
        path,
        'ERR_FOLDER_MISSING',
        'folder does not exist',
        'make it, or take it out of the settings',
        absentIs,
      );
    case 'ENOTDIR':
      return fileProblem(path, 'ERR_FOLDER_UNREADABLE', 'is not a folder', 'name the folder the file is in');
    default:
      return fileProblem(
        path,
        'ERR_FOLDER_UNREADABLE',
        `folder cannot be read: ${code ?? 'unknown reason'}`,
        'check its permissions',
      );
  }
}
