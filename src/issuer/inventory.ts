import { type Clock, errorText, type Timer } from '../base/index.ts';
import { inTransaction, migrate, type State, type StateDatabase } from '../store/index.ts';
import type { RevokedCertificate } from '../x509/index.ts';
import { forgettingClock } from './forgetting-clock.ts';
import { createGroupCommit, type NewCertificate } from './group-commit.ts';
import type { IssuerEventSink } from './issuer-event.ts';

/** A certificate that was issued, as it is remembered. */
export interface IssuedCertificate extends NewCertificate {
  readonly revokedAtSeconds: number | undefined;
}

export interface InventoryQuery {
  readonly spiffeId?: string | undefined;
  /** Those past their end too. */
  readonly all?: boolean;
  readonly limit: number;
}

/** What was issued and what was taken back; everything is kept before it has an effect. */
export interface Inventory {
  /** Resolves when the row is committed; rows of one turn of the event loop, or of a few, share a commit. */
  record(row: NewCertificate): Promise<void>;
  /** Newest first. */
  list(query: InventoryQuery): readonly IssuedCertificate[];
  find(serial: string): IssuedCertificate | undefined;
  isRevoked(issuerKeyId: string, serial: string): boolean;
  /** Whether anything at all is revoked. */
  readonly hasRevoked: boolean;
  /** Revoked and not past their end, those that end last first. */
  revokedOf(issuerKeyId: string, nowSeconds: number, limit: number): readonly RevokedCertificate[];
  /** The rows that are revoked now; empty when there is none of that serial. */
  revoke(serial: string): readonly IssuedCertificate[];
  /** Revokes everything of an identity that is in force, and stops its issuance. */
  stopIdentity(spiffeId: string): readonly IssuedCertificate[];
  /** False when it was not stopped. */
  allowIdentity(spiffeId: string): boolean;
  isStopped(spiffeId: string): boolean;
  readonly stopped: readonly string[];
  stop(): void;
}

const STEPS: readonly string[] = [
  `CREATE TABLE certificate (
     serial TEXT NOT NULL,
     issuer_key_id TEXT NOT NULL,
     spiffe_id TEXT NOT NULL,
     caller TEXT,
     issued_at INTEGER NOT NULL,
     not_before INTEGER NOT NULL,
     not_after INTEGER NOT NULL,
     revoked_at INTEGER,
     PRIMARY KEY (serial, issuer_key_id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX certificate_identity ON certificate (spiffe_id, not_after);
   CREATE INDEX certificate_end ON certificate (not_after);
   CREATE TABLE stopped_identity (spiffe_id TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT;`,
  'CREATE INDEX certificate_revoked ON certificate (issuer_key_id, not_after) WHERE revoked_at IS NOT NULL;',
  // New rows stand side by side now, not each in a page of its own by its random serial: less to write per commit.
  `DROP INDEX certificate_identity;
   DROP INDEX certificate_end;
   DROP INDEX certificate_revoked;
   ALTER TABLE certificate RENAME TO certificate_by_serial;
   CREATE TABLE certificate (
     id INTEGER PRIMARY KEY,
     serial TEXT NOT NULL,
     issuer_key_id TEXT NOT NULL,
     spiffe_id TEXT NOT NULL,
     caller TEXT,
     issued_at INTEGER NOT NULL,
     not_before INTEGER NOT NULL,
     not_after INTEGER NOT NULL,
     revoked_at INTEGER,
     UNIQUE (serial, issuer_key_id)
   ) STRICT;
   INSERT INTO certificate
     (serial, issuer_key_id, spiffe_id, caller, issued_at, not_before, not_after, revoked_at)
     SELECT serial, issuer_key_id, spiffe_id, caller, issued_at, not_before, not_after, revoked_at
     FROM certificate_by_serial ORDER BY issued_at;
   DROP TABLE certificate_by_serial;
   CREATE INDEX certificate_identity ON certificate (spiffe_id, not_after);
   CREATE INDEX certificate_end ON certificate (not_after);
   CREATE INDEX certificate_revoked ON certificate (issuer_key_id, not_after) WHERE revoked_at IS NOT NULL;`,
];

const PRUNE_MILLIS = 60_000;
const PRUNE_AGAIN_MILLIS = 50;
const PRUNE_ROWS = 2000;

export interface InventoryInput {
  readonly state: State;
  /** How long a certificate is remembered after its end. */
  readonly keepSeconds: number;
  readonly clock: Clock;
  readonly events: IssuerEventSink;
}

type Row = Readonly<Record<string, unknown>>;

export function openInventory({ state, keepSeconds, clock, events }: InventoryInput): Inventory {
  const { database } = state;
  migrate(database, 'inventory', STEPS);
  const revoked = new Set(
    rows(database.prepare('SELECT * FROM certificate WHERE revoked_at IS NOT NULL').all()).map(keyOf),
  );
  const stopped = stoppedIdentities(database);
  const commit = createGroupCommit(state, clock);
  const nowSeconds = (): number => Math.floor(clock.nowMillis() / 1000);
  const markRevoked = (found: readonly IssuedCertificate[]): readonly IssuedCertificate[] => {
    const statement = database.prepare(
      'UPDATE certificate SET revoked_at = ? WHERE issuer_key_id = ? AND serial = ? AND revoked_at IS NULL',
    );
    for (const { issuerKeyId, serial } of found) {
      statement.run(nowSeconds(), issuerKeyId, serial);
    }
    return found;
  };
  const remember = (found: readonly IssuedCertificate[]): readonly IssuedCertificate[] => {
    for (const certificate of found) {
      revoked.add(keyOf(certificate));
    }
    return found;
  };
  const bySerial = (serial: string): readonly IssuedCertificate[] =>
    rows(database.prepare('SELECT * FROM certificate WHERE serial = ?').all(serial));
  const pruning = startPruning({ state, keepSeconds, clock, events, revoked });
  return {
    record: commit,
    list: ({ spiffeId, all = false, limit }) =>
      rows(
        database
          .prepare(
            `SELECT * FROM certificate WHERE (?1 IS NULL OR spiffe_id = ?1) AND not_after > ?2
             ORDER BY issued_at DESC, serial LIMIT ?3`,
          )
          .all(spiffeId ?? null, all ? 0 : nowSeconds(), limit),
      ),
    find: (serial) => bySerial(serial)[0],
    get hasRevoked() {
      return revoked.size > 0;
    },
    isRevoked: (issuerKeyId, serial) => revoked.size > 0 && revoked.has(`${issuerKeyId} ${serial}`),
    revokedOf: (...query) => revokedOf(database, ...query),
    revoke: (serial) => remember(inTransaction(database, () => markRevoked(bySerial(serial)))),
    stopIdentity(spiffeId) {
      const found = inTransaction(database, () => {
        database
          .prepare('INSERT INTO stopped_identity VALUES (?, ?) ON CONFLICT DO NOTHING')
          .run(spiffeId, nowSeconds());
        const inForce = database.prepare(
          'SELECT * FROM certificate WHERE spiffe_id = ? AND not_after > ? AND revoked_at IS NULL',
        );
        return markRevoked(rows(inForce.all(spiffeId, nowSeconds())));
      });
      stopped.add(spiffeId);
      return remember(found);
    },
    allowIdentity(spiffeId) {
      database.prepare('DELETE FROM stopped_identity WHERE spiffe_id = ?').run(spiffeId);
      return stopped.delete(spiffeId);
    },
    isStopped: (spiffeId) => stopped.has(spiffeId),
    get stopped() {
      return [...stopped].sort();
    },
    stop: pruning.stop,
  };
}

function stoppedIdentities(database: StateDatabase): Set<string> {
  const found = database.prepare('SELECT spiffe_id FROM stopped_identity').all();
  return new Set(found.map((row) => String(row['spiffe_id'])));
}

function revokedOf(
  database: StateDatabase,
  issuerKeyId: string,
  nowSeconds: number,
  limit: number,
): readonly RevokedCertificate[] {
  return database
    .prepare(
      `SELECT serial, revoked_at FROM certificate WHERE revoked_at IS NOT NULL AND issuer_key_id = ?
       AND not_after >= ? ORDER BY not_after DESC, serial LIMIT ?`,
    )
    .all(issuerKeyId, Math.floor(nowSeconds), limit)
    .map((row) => ({ serial: String(row['serial']), revokedAtSeconds: Number(row['revoked_at']) }));
}

/** Forgets what ended long ago, a bounded number of rows at a time. */
function startPruning({
  state: { database },
  keepSeconds,
  clock,
  events,
  revoked,
}: InventoryInput & { readonly revoked: Set<string> }): { stop(): void } {
  let stopped = false;
  const nowSeconds = forgettingClock(clock);
  let timer: Timer = clock.startTimer(PRUNE_MILLIS, prune);
  function prune(): void {
    let delayMillis = PRUNE_MILLIS;
    try {
      const gone = rows(
        database
          .prepare('SELECT * FROM certificate WHERE not_after < ? LIMIT ?')
          .all(Math.floor(nowSeconds()) - keepSeconds, PRUNE_ROWS),
      );
      const remove = database.prepare('DELETE FROM certificate WHERE issuer_key_id = ? AND serial = ?');
      if (gone.length > 0) {
        inTransaction(database, () => {
          for (const { issuerKeyId, serial } of gone) {
            remove.run(issuerKeyId, serial);
          }
        });
      }
      for (const certificate of gone) {
        revoked.delete(keyOf(certificate));
      }
      delayMillis = gone.length === PRUNE_ROWS ? PRUNE_AGAIN_MILLIS : PRUNE_MILLIS;
    } catch (error) {
      const message = `old certificates could not be forgotten, and it is tried again: ${errorText(error)}`;
      events({ level: 'warn', event: 'issuer.pruningFailed', message, error });
    }
    if (!stopped) {
      timer = clock.startTimer(delayMillis, prune);
    }
  }
  return {
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}

function keyOf({ issuerKeyId, serial }: Pick<IssuedCertificate, 'issuerKeyId' | 'serial'>): string {
  return `${issuerKeyId} ${serial}`;
}

function rows(found: readonly Row[]): readonly IssuedCertificate[] {
  return found.map((row) => ({
    serial: String(row['serial']),
    spiffeId: String(row['spiffe_id']),
    issuerKeyId: String(row['issuer_key_id']),
    caller: row['caller'] === null ? undefined : String(row['caller']),
    issuedAtSeconds: Number(row['issued_at']),
    notBeforeSeconds: Number(row['not_before']),
    notAfterSeconds: Number(row['not_after']),
    revokedAtSeconds: row['revoked_at'] === null ? undefined : Number(row['revoked_at']),
  }));
}
