import { type Diagnostic, hasErrors, InvalidFilesError, SallyportError } from '../base/index.ts';
import type { TrustDomain } from '../identity/index.ts';
import { readManifests } from '../manifest/index.ts';
import { migrate, type State } from '../store/index.ts';
import { createEntrySet, loadEntries } from './entries.ts';
import type { EntrySet, RegistrationEntry } from './workload.ts';

/** Registration entries that were made by command and live in the store, beside those of the files. */
export interface EntryBook {
  readonly entries: readonly RegistrationEntry[];
  /**
   * Keeps the one ClusterStaticEntry that `text` (YAML or JSON) holds. Throws `InvalidFilesError` with every
   * problem of it, `ERR_ENTRY_EXISTS` when its name, or its ID with its selectors, is taken.
   */
  create(text: string, files: EntrySet): RegistrationEntry;
  /** Like `create`, in place of the entry of that name. Throws `ERR_ENTRY_UNKNOWN` too. */
  update(text: string, files: EntrySet): RegistrationEntry;
  /** Throws `ERR_ENTRY_UNKNOWN`. */
  remove(name: string): RegistrationEntry;
  /** Both together; where they disagree, the files are right. */
  beside(files: EntrySet): EntrySet;
}

export interface EntryBookInput {
  readonly state: State;
  readonly trustDomain: TrustDomain;
  readonly socketNames: readonly string[];
  /** Further rules of what an entry may ask for. */
  readonly check: (entry: RegistrationEntry) => readonly Diagnostic[];
  /** Told of stored entries that are not understood any more, which are then left out. */
  readonly onUnusable: (diagnostics: readonly Diagnostic[]) => void;
}

const STEPS: readonly string[] = [
  'CREATE TABLE entry (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID;',
];
/** What diagnostics call a text that came by command. */
const PLACE = 'entry';

export function openEntryBook(input: EntryBookInput): EntryBook {
  const { database } = input.state;
  migrate(database, 'workload', STEPS);
  const entries = new Map(readStored(input).map((entry) => [entry.name, entry]));
  const keep = (entry: RegistrationEntry, text: string, files: EntrySet): RegistrationEntry => {
    const others = [...files.entries, ...[...entries.values()].filter(({ name }) => name !== entry.name)];
    refuseTaken(entry, others);
    database
      .prepare(
        'INSERT INTO entry VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET document = excluded.document',
      )
      .run(entry.name, text);
    entries.set(entry.name, entry);
    return entry;
  };
  return {
    get entries() {
      return [...entries.values()];
    },
    create(text, files) {
      const entry = parse(text, input);
      refuseTaken(entry, [...entries.values()]);
      return keep(entry, text, files);
    },
    update(text, files) {
      const entry = parse(text, input);
      if (!entries.has(entry.name)) {
        throw unknownEntry(entry.name, files);
      }
      return keep(entry, text, files);
    },
    remove(name) {
      const entry = entries.get(name);
      if (entry === undefined) {
        throw unknownEntry(name, undefined);
      }
      database.prepare('DELETE FROM entry WHERE name = ?').run(name);
      entries.delete(name);
      return entry;
    },
    beside(files) {
      const free = [...entries.values()].filter((entry) => takenBy(entry, files.entries) === undefined);
      return free.length === 0 ? files : createEntrySet([...files.entries, ...free], files.trustDomain);
    },
  };
}

function readStored(input: EntryBookInput): readonly RegistrationEntry[] {
  const rows = input.state.database.prepare('SELECT document FROM entry ORDER BY name').all();
  return rows.flatMap((row) => {
    try {
      return [parse(String(row['document']), input)];
    } catch (error) {
      if (error instanceof InvalidFilesError) {
        input.onUnusable(error.diagnostics);
        return [];
      }
      throw error;
    }
  });
}

function parse(text: string, { trustDomain, socketNames, check }: EntryBookInput): RegistrationEntry {
  const manifests = readManifests([{ path: PLACE, text }]);
  const loaded = loadEntries(manifests.value ?? [], trustDomain, socketNames);
  const [entry, ...more] = loaded.value?.entries ?? [];
  const diagnostics = [
    ...manifests.diagnostics,
    ...loaded.diagnostics,
    ...(entry === undefined ? [] : check(entry)),
  ];
  if (hasErrors(diagnostics)) {
    throw new InvalidFilesError(diagnostics);
  }
  if (entry === undefined || more.length > 0) {
    throw new SallyportError('ERR_ENTRY_UNKNOWN', 'this does not hold exactly one ClusterStaticEntry');
  }
  return entry;
}

function refuseTaken(entry: RegistrationEntry, others: readonly RegistrationEntry[]): void {
  const taken = takenBy(entry, others);
  if (taken !== undefined) {
    throw new SallyportError(
      'ERR_ENTRY_EXISTS',
      taken.name === entry.name
        ? `there is an entry \`${entry.name}\` already`
        : `entry \`${taken.name}\` has the same SPIFFE ID and selectors`,
      { hint: 'update that one, or choose another name and other selectors' },
    );
  }
}

function takenBy(
  entry: RegistrationEntry,
  others: readonly RegistrationEntry[],
): RegistrationEntry | undefined {
  const selectors = entry.selectors.join(' ');
  return others.find(
    (other) =>
      other.name === entry.name ||
      (other.spiffeId.uri === entry.spiffeId.uri && other.selectors.join(' ') === selectors),
  );
}

function unknownEntry(name: string, files: EntrySet | undefined): SallyportError {
  const isOfFiles = files?.entries.some((entry) => entry.name === name) === true;
  return new SallyportError('ERR_ENTRY_UNKNOWN', `there is no entry \`${name}\` in the store`, {
    hint: isOfFiles ? 'it stands in a file, so change it there' : 'see `sallyport entry list`',
  });
}
