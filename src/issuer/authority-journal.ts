import { createHash } from 'node:crypto';
import { SallyportError } from '../base/index.ts';
import type { TrustDomain } from '../identity/index.ts';
import { inTransaction, migrate, type State } from '../store/index.ts';
import { type Certificate, readCertificate } from '../x509/index.ts';

export type AuthorityKind = 'root' | 'intermediate';

/** Prepared: made, and a root is in the bundle; active: it signs; old: what it signed is still trusted. */
export type AuthorityStatus = 'prepared' | 'active' | 'old';

export interface AuthorityRecord {
  /** The key id of its certificate, lower-case hex. */
  readonly id: string;
  readonly kind: AuthorityKind;
  readonly status: AuthorityStatus;
  /** What it signed is being replaced. */
  readonly tainted: boolean;
  readonly certificate: Certificate;
}

/** What was decided about authorities; each method is one transaction, whole or not at all. */
export interface AuthorityJournal {
  list(kind: AuthorityKind): readonly AuthorityRecord[];
  /** A prepared one takes the place of another that was prepared; an active one makes the active one old. */
  add(record: Omit<AuthorityRecord, 'tainted'>): void;
  /** The prepared one becomes active, the active one old. */
  activate(id: string): void;
  /** Of an old one. */
  taint(id: string): void;
  /** Of an old one. */
  forget(id: string): void;
  /** The number of the bundle with this content; grows when the content differs from the last. */
  bundleSequence(keys: readonly Uint8Array[]): number;
}

const STEPS: readonly string[] = [
  `CREATE TABLE authority (
     id TEXT PRIMARY KEY,
     kind TEXT NOT NULL CHECK (kind IN ('root', 'intermediate')),
     status TEXT NOT NULL CHECK (status IN ('prepared', 'active', 'old')),
     certificate BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX authority_slot ON authority (kind, status) WHERE status IN ('prepared', 'active');
   CREATE TABLE bundle (sequence INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
   CREATE TABLE issuer (trust_domain TEXT NOT NULL) STRICT;`,
  'ALTER TABLE authority ADD COLUMN tainted INTEGER NOT NULL DEFAULT 0;',
];

/** Throws `ERR_ISSUER_OTHER_TRUST_DOMAIN` when the state is that of another trust domain. */
export function openJournal(state: State, trustDomain: TrustDomain): AuthorityJournal {
  migrate(state.database, 'issuer', STEPS);
  const row = state.database.prepare('SELECT trust_domain FROM issuer').get();
  if (row === undefined) {
    state.database.prepare('INSERT INTO issuer VALUES (?)').run(trustDomain);
  }
  checkTrustDomain(row?.['trust_domain'] ?? trustDomain, trustDomain, state.folder);
  return journalOf(state);
}

function checkTrustDomain(found: unknown, trustDomain: TrustDomain, folder: string): void {
  if (found !== trustDomain) {
    throw new SallyportError(
      'ERR_ISSUER_OTHER_TRUST_DOMAIN',
      `state folder \`${folder}\` holds the CA of \`${String(found)}\`, not of \`${trustDomain}\``,
      { hint: 'correct `trustDomain`, or set `stateDir` to another folder for another trust domain' },
    );
  }
}

function journalOf({ database }: State): AuthorityJournal {
  const setStatus = (kind: AuthorityKind, from: AuthorityStatus, to: AuthorityStatus): void => {
    database.prepare('UPDATE authority SET status = ? WHERE kind = ? AND status = ?').run(to, kind, from);
  };
  return {
    list(kind) {
      return database
        .prepare('SELECT id, status, tainted, certificate FROM authority WHERE kind = ? ORDER BY rowid')
        .all(kind)
        .map((row) => ({
          id: String(row['id']),
          kind,
          status: row['status'] as AuthorityStatus,
          tainted: row['tainted'] === 1,
          certificate: readCertificate(row['certificate'] as Uint8Array),
        }));
    },
    add({ id, kind, status, certificate }) {
      inTransaction(database, () => {
        setStatus(kind, status, 'old');
        database
          .prepare('INSERT INTO authority (id, kind, status, certificate) VALUES (?, ?, ?, ?)')
          .run(id, kind, status, certificate.der);
      });
    },
    activate(id) {
      inTransaction(database, () => {
        const row = database
          .prepare("SELECT kind FROM authority WHERE id = ? AND status = 'prepared'")
          .get(id);
        if (row === undefined) {
          throw new SallyportError('ERR_INTERNAL', 'an authority that is not prepared cannot be activated');
        }
        const kind = row['kind'] as AuthorityKind;
        setStatus(kind, 'active', 'old');
        setStatus(kind, 'prepared', 'active');
      });
    },
    taint(id) {
      database.prepare("UPDATE authority SET tainted = 1 WHERE id = ? AND status = 'old'").run(id);
    },
    forget(id) {
      database.prepare("DELETE FROM authority WHERE id = ? AND status = 'old'").run(id);
    },
    bundleSequence(keys) {
      const digest = createHash('sha256').update(Buffer.concat(keys)).digest('hex');
      const row = database.prepare('SELECT sequence, digest FROM bundle').get();
      const sequence = typeof row?.['sequence'] === 'number' ? row['sequence'] : 0;
      if (row?.['digest'] === digest) {
        return sequence;
      }
      inTransaction(database, () => {
        database.exec('DELETE FROM bundle');
        database.prepare('INSERT INTO bundle VALUES (?, ?)').run(sequence + 1, digest);
      });
      return sequence + 1;
    },
  };
}
