import { migrate, type State } from '../store/index.ts';

/** Good answers of earlier runs. Public keys only; what is stored is checked again when it is read. */
export interface KeySetStore {
  load(keySetId: string): StoredKeySet | undefined;
  save(keySetId: string, set: StoredKeySet): void;
  /** Forgets every set that is not among these. */
  keepOnly(keySetIds: ReadonlySet<string>): void;
}

export interface StoredKeySet {
  readonly text: string;
  /** When the server last gave it, wall clock. */
  readonly fetchedAtMillis: number;
}

const STEPS = [
  'CREATE TABLE key_sets (key_set_id TEXT PRIMARY KEY, text TEXT NOT NULL, fetched_at_millis INTEGER NOT NULL)',
];

export function createKeySetStore(state: Pick<State, 'database'>): KeySetStore {
  const { database } = state;
  migrate(database, 'keys', STEPS);
  const select = database.prepare('SELECT text, fetched_at_millis FROM key_sets WHERE key_set_id = ?');
  const upsert = database.prepare(
    'INSERT OR REPLACE INTO key_sets (key_set_id, text, fetched_at_millis) VALUES (?, ?, ?)',
  );
  const ids = database.prepare('SELECT key_set_id FROM key_sets');
  const remove = database.prepare('DELETE FROM key_sets WHERE key_set_id = ?');
  return {
    load(keySetId) {
      const row = select.get(keySetId);
      return typeof row?.['text'] === 'string' && typeof row['fetched_at_millis'] === 'number'
        ? { text: row['text'], fetchedAtMillis: row['fetched_at_millis'] }
        : undefined;
    },
    save: (keySetId, { text, fetchedAtMillis }) => void upsert.run(keySetId, text, fetchedAtMillis),
    keepOnly(keySetIds) {
      for (const row of ids.all()) {
        const id = row['key_set_id'];
        if (typeof id === 'string' && !keySetIds.has(id)) {
          remove.run(id);
        }
      }
    },
  };
}
