import { migrate, type State } from '../store/index.ts';
import { type Certificate, readCertificate } from '../x509/index.ts';

/** The CAs of an upstream that have signed here, so that a restart knows whom to believe until they end. */
export interface UpstreamJournal {
  list(): readonly Certificate[];
  add(certificates: readonly Certificate[]): void;
  forgetBefore(nowSeconds: number): void;
}

/** More cannot be in force without somebody replacing them every few minutes. */
const KEPT_MAX = 100;

const STEPS: readonly string[] = [
  `CREATE TABLE upstream_ca (
     certificate BLOB PRIMARY KEY,
     not_after INTEGER NOT NULL
   ) STRICT;`,
];

export function openUpstreamJournal({ database }: State): UpstreamJournal {
  migrate(database, 'upstream', STEPS);
  return {
    list: () =>
      database
        .prepare('SELECT certificate FROM upstream_ca ORDER BY rowid DESC LIMIT ?')
        .all(KEPT_MAX)
        .map((row) => readCertificate(row['certificate'] as Uint8Array)),
    add(certificates) {
      const insert = database.prepare('INSERT OR IGNORE INTO upstream_ca VALUES (?, ?)');
      for (const { der, notAfterSeconds } of certificates) {
        insert.run(der, Math.floor(notAfterSeconds));
      }
    },
    forgetBefore(nowSeconds) {
      database.prepare('DELETE FROM upstream_ca WHERE not_after < ?').run(Math.floor(nowSeconds));
    },
  };
}
