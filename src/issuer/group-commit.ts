import type { Clock } from '../base/index.ts';
import { inTransactionOffLoop, type State } from '../store/index.ts';

/** A certificate just issued, as it is remembered. */
export interface NewCertificate {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly spiffeId: string;
  /** Key id of the CA that signed it. */
  readonly issuerKeyId: string;
  /** Whom it was made for, where that is known. */
  readonly caller: string | undefined;
  readonly issuedAtSeconds: number;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
}

interface Waiting {
  readonly row: NewCertificate;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const INSERT = `INSERT INTO certificate
  (serial, issuer_key_id, spiffe_id, caller, issued_at, not_before, not_after) VALUES (?, ?, ?, ?, ?, ?, ?)`;
/** At most so many turns are waited for, and not for more rows than that: of few pages many rows, one sync. */
const BATCH_TURNS = 12;
const BATCH_ROWS = 100;
const TELL_MILLIS = 1;

/**
 * One transaction for all rows that come in one turn of the event loop; in a storm, where every turn brings
 * more, for those of a few turns. Resolves when the row outlives a power cut.
 */
export function createGroupCommit(state: State, clock: Clock): (row: NewCertificate) => Promise<void> {
  const insert = state.database.prepare(INSERT);
  let waiting: Waiting[] = [];
  let seen = 0;
  let turns = 0;
  const commit = (batch: readonly Waiting[]): Promise<void> =>
    inTransactionOffLoop(state, () => {
      for (const { row } of batch) {
        insert.run(
          row.serial,
          row.issuerKeyId,
          row.spiffeId,
          row.caller ?? null,
          Math.floor(row.issuedAtSeconds),
          row.notBeforeSeconds,
          row.notAfterSeconds,
        );
      }
    });
  const flush = (): void => {
    if (waiting.length > seen && waiting.length < BATCH_ROWS && turns < BATCH_TURNS) {
      seen = waiting.length;
      turns += 1;
      setImmediate(flush);
      return;
    }
    const batch = waiting;
    waiting = [];
    commit(batch).then(
      () => tellInSlices(batch, clock),
      (error: unknown) => {
        for (const { reject } of batch) {
          reject(error);
        }
      },
    );
  };
  return (row) =>
    new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject });
      if (waiting.length === 1) {
        seen = 1;
        turns = 0;
        setImmediate(flush);
      }
    });
}

/**
 * Those who wait are told one after the other, each when all that the one before did at once is done, and the
 * others in a later turn of the event loop when that took long.
 */
function tellInSlices(batch: readonly Waiting[], clock: Clock, told = 0): void {
  const end = clock.monotonicMillis() + TELL_MILLIS;
  let at = told;
  const tellNext = (): void => {
    batch[at]?.resolve();
    at += 1;
    if (at < batch.length) {
      // A tick that a microtask asks for comes when no microtask is left.
      queueMicrotask(() => process.nextTick(goOn));
    }
  };
  const goOn = (): void => {
    if (clock.monotonicMillis() < end) {
      tellNext();
    } else {
      setImmediate(() => tellInSlices(batch, clock, at));
    }
  };
  tellNext();
}
