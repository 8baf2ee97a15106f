import { type Clock, type Diagnostic, LIMITS, type Severity, sleep } from '../base/index.ts';
import type { ManifestFile } from '../manifest/index.ts';
import { fileProblem } from './file-problem.ts';
import { type FolderSource, type Listing, listFolders } from './list-folder.ts';
import { readBoundedFile } from './read-file.ts';

/** A kind of folders in the settings, such as `policies`. */
export interface FolderGroup {
  readonly paths: readonly string[];
  /** How bad a missing or an empty folder is (`ERR_FOLDER_MISSING`, `ERR_FOLDER_EMPTY`). */
  readonly absentIs: Severity;
}

/** The content of all groups as it was at one moment. */
export interface FolderContent<Group extends string> {
  readonly files: Readonly<Record<Group, readonly ManifestFile[]>>;
  readonly diagnostics: readonly Diagnostic[];
  /** What `watchFolders` compares with, so that nothing is missed in between. */
  readonly signature: string;
}

export interface ReadFoldersOptions {
  readonly clock: Clock;
  /** How long nothing may have changed before the files are read; default 100. */
  readonly quietMillis?: number;
  /** How long to wait for that; default 10 s. */
  readonly giveUpMillis?: number;
}

const READS_AT_ONCE = 16;

/**
 * Reads all files of all groups whole: listed twice with a pause, read, listed again; when anything
 * changed meanwhile, from the start. A checkout or a copy in progress must not lose a DENY policy. Gives
 * up with `ERR_FOLDER_UNSTABLE`.
 */
export async function readFolders<Group extends string>(
  groups: Readonly<Record<Group, FolderGroup>>,
  options: ReadFoldersOptions,
): Promise<FolderContent<Group>> {
  const named = Object.entries<FolderGroup>(groups).flatMap(([name, { paths, absentIs }]) =>
    paths.map((path) => ({ name, path, absentIs })),
  );
  // The clock's timers do not keep a process alive, and at start nothing else does yet.
  const alive = setInterval(() => {}, 60_000);
  try {
    const content = await readWhenQuiet(named, options);
    const files = Object.fromEntries<readonly ManifestFile[]>(
      Object.keys(groups).map((name) => [
        name,
        content.files.filter((_, index) => named[index]?.name === name).flat(),
      ]),
    ) as Record<Group, readonly ManifestFile[]>;
    return { files, diagnostics: content.diagnostics, signature: content.signature };
  } finally {
    clearInterval(alive);
  }
}

interface Content {
  /** By source. */
  readonly files: readonly (readonly ManifestFile[])[];
  readonly diagnostics: readonly Diagnostic[];
  readonly signature: string;
}

async function readWhenQuiet(
  sources: readonly FolderSource[],
  { clock, quietMillis = 100, giveUpMillis = 10_000 }: ReadFoldersOptions,
): Promise<Content> {
  const start = clock.monotonicMillis();
  let before = await listFolders(sources);
  for (;;) {
    await sleep(clock, quietMillis);
    const quiet = await listFolders(sources);
    if (quiet.signature === before.signature) {
      const content = await readListed(quiet);
      const after = await listFolders(sources);
      if (after.signature === quiet.signature) {
        return content;
      }
      before = after;
    } else {
      before = quiet;
    }
    if (clock.monotonicMillis() - start >= giveUpMillis) {
      return { files: [], diagnostics: [unstable(sources)], signature: before.signature };
    }
  }
}

async function readListed(listing: Listing): Promise<Content> {
  const diagnostics = [...listing.diagnostics];
  const files: (readonly ManifestFile[])[] = [];
  let characters = 0;
  for (const paths of listing.files) {
    const found: ManifestFile[] = [];
    for (
      let start = 0;
      start < paths.length && characters <= LIMITS.manifestFolderBytes;
      start += READS_AT_ONCE
    ) {
      const batch = await Promise.all(paths.slice(start, start + READS_AT_ONCE).map(readBoundedFile));
      diagnostics.push(...batch.flatMap((file) => file.diagnostics));
      const read = batch.flatMap((file) => (file.value === undefined ? [] : [file.value]));
      characters += read.reduce((sum, { text }) => sum + text.length, 0);
      found.push(...read);
    }
    files.push(found);
  }
  if (characters > LIMITS.manifestFolderBytes) {
    diagnostics.push(
      fileProblem(
        listing.folders[0]?.path ?? '',
        'ERR_LIMIT_EXCEEDED',
        `the files of all folders hold over ${LIMITS.manifestFolderBytes} bytes`,
        'remove what is not needed',
      ),
    );
  }
  return { files, diagnostics: diagnostics.slice(0, LIMITS.diagnostics), signature: listing.signature };
}

function unstable(sources: readonly FolderSource[]): Diagnostic {
  return fileProblem(
    sources[0]?.path ?? '',
    'ERR_FOLDER_UNSTABLE',
    'files keep changing while they are read',
    'let whatever writes there finish, or have it write elsewhere and rename',
  );
}
