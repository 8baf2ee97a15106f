import { inTransaction, migrate, type State } from '../store/index.ts';
import type { AuthorityStatus } from './authority-journal.ts';

/** A key that signs JWT-SVIDs, has or will. */
export interface JwtKeyRecord {
  /** Its key id, lower-case hex; `kid` of what it signs. */
  readonly id: string;
  readonly status: AuthorityStatus;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyDer: Uint8Array;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
}

/** What was decided about JWT keys; each method is one transaction, whole or not at all. */
export interface JwtJournal {
  list(): readonly JwtKeyRecord[];
  /** A prepared one takes the place of another that was prepared; an active one makes the active one old. */
  add(record: JwtKeyRecord): void;
  /** The prepared one becomes active, the active one old. */
  activate(id: string): void;
  /** Of an old one. */
  forget(id: string): void;
}

const STEPS: readonly string[] = [
  `CREATE TABLE jwt_key (
     id TEXT PRIMARY KEY,
     status TEXT NOT NULL CHECK (status IN ('prepared', 'active', 'old')),
     public_key BLOB NOT NULL,
     not_before REAL NOT NULL,
     not_after REAL NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX jwt_key_slot ON jwt_key (status) WHERE status IN ('prepared', 'active');`,
];

export function openJwtJournal({ database }: State): JwtJournal {
  migrate(database, 'issuer-jwt', STEPS);
  const setStatus = (from: AuthorityStatus, to: AuthorityStatus): void => {
    database.prepare('UPDATE jwt_key SET status = ? WHERE status = ?').run(to, from);
  };
  return {
    list: () =>
      database
        .prepare('SELECT id, status, public_key, not_before, not_after FROM jwt_key ORDER BY rowid')
        .all()
        .map((row) => ({
          id: String(row['id']),
          status: row['status'] as AuthorityStatus,
          publicKeyDer: row['public_key'] as Uint8Array,
          notBeforeSeconds: Number(row['not_before']),
          notAfterSeconds: Number(row['not_after']),
        })),
    add({ id, status, publicKeyDer, notBeforeSeconds, notAfterSeconds }) {
      inTransaction(database, () => {
        setStatus(status, 'old');
        database
          .prepare('INSERT INTO jwt_key VALUES (?, ?, ?, ?, ?)')
          .run(id, status, publicKeyDer, notBeforeSeconds, notAfterSeconds);
      });
    },
    activate(id) {
      inTransaction(database, () => {
        setStatus('active', 'old');
        database.prepare("UPDATE jwt_key SET status = 'active' WHERE id = ? AND status = 'prepared'").run(id);
      });
    },
    forget(id) {
      database.prepare("DELETE FROM jwt_key WHERE id = ? AND status = 'old'").run(id);
    },
  };
}
