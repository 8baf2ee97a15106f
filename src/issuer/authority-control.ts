import { type Clock, SallyportError } from '../base/index.ts';
import { type AuthoritiesInput, renewRoot, rootOf, slot, takeStep } from './authorities.ts';
import type { AuthorityKind, AuthorityRecord, AuthorityStatus } from './authority-journal.ts';
import { readPassphrase, removeKey } from './authority-keys.ts';

/** An authority as people see it. */
export interface AuthorityView {
  /** Key id, lower-case hex. */
  readonly id: string;
  readonly kind: AuthorityKind;
  readonly status: AuthorityStatus;
  readonly tainted: boolean;
  readonly serial: string;
  /** Of an intermediate: the key id of its root. */
  readonly issuerId: string | undefined;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
}

export interface RevokeWish {
  /** Also while a stream still holds what the revoked root is behind. */
  readonly force: boolean;
  /** Streams that have not acknowledged all that was sent to them. */
  readonly unsettledStreams: () => number;
}

/**
 * Rotation by hand: prepare, activate, taint, revoke. Each is one transaction of the journal; what follows
 * from it is done by the rotation, also after a crash. Rejects with `ERR_ISSUER_AUTHORITY`,
 * `ERR_ISSUER_STREAMS_BEHIND`, `ERR_ISSUER_REVOKE_INTERMEDIATE`.
 */
export interface AuthorityControl {
  show(): readonly AuthorityView[];
  prepare(kind: AuthorityKind): Promise<AuthorityView>;
  activate(kind: AuthorityKind): Promise<AuthorityView>;
  /** Of an old one: whatever is under it is issued again, the intermediate in force included. */
  taint(id: string): Promise<AuthorityView>;
  /** Takes an old, tainted root out of every bundle. */
  revoke(id: string, wish: RevokeWish): Promise<AuthorityView>;
}

export interface AuthorityControlInput extends AuthoritiesInput {
  /** Runs a change while the rotation stands still, then everything that follows from it. */
  readonly change: <T>(work: () => Promise<T> | T) => Promise<T>;
  /** Certificates in use that the authority is behind. */
  readonly countUnder: (record: AuthorityRecord) => number;
}

export function createAuthorityControl(input: AuthorityControlInput): AuthorityControl {
  const { journal, clock, events, change } = input;
  return {
    show: () => [...journal.list('root'), ...journal.list('intermediate')].map(viewOf),
    prepare: (kind) =>
      change(async () => {
        await takeStep(input, kind, 'prepare', nowSeconds(clock));
        return viewOf(slotOf(input, kind, 'prepared'));
      }),
    activate: (kind) =>
      change(async () => {
        const prepared = slotOf(input, kind, 'prepared');
        if (nowSeconds(clock) >= prepared.certificate.notAfterSeconds) {
          throw authorityError(`the prepared ${kind} is past its end`, 'prepare another one');
        }
        await takeStep(input, kind, 'activate', nowSeconds(clock));
        return viewOf(slotOf(input, kind, 'active'));
      }),
    async taint(id) {
      await change(() => {
        const record = oldOf(input, id, 'tainted');
        journal.taint(record.id);
        events({
          level: 'warn',
          event: 'issuer.authorityTainted',
          message: `the old ${record.kind} is tainted, and what it is behind is issued again`,
          fields: { kind: record.kind, authorityId: id },
        });
      });
      return viewOf(oldOf(input, id, 'tainted'));
    },
    revoke: (id, wish) =>
      change(() => {
        const record = revocable(input, id, wish);
        removeKey(input.state, record.id);
        journal.forget(record.id);
        events({
          level: 'warn',
          event: 'issuer.authorityRevoked',
          message: 'an old root is revoked and in no bundle any more',
          fields: { kind: record.kind, authorityId: id, forced: wish.force },
        });
        return viewOf(record);
      }),
  };
}

/**
 * A new root for a state folder whose root is past its end; refused while it is in force.
 * Rejects with `ERR_ISSUER_AUTHORITY`.
 */
export async function renewExpiredRoot(given: Omit<AuthoritiesInput, 'passphrase'>): Promise<AuthorityView> {
  const input = { ...given, passphrase: readPassphrase(given.options.passphraseFile) };
  const active = slot(input.journal, 'root', 'active');
  if (active !== undefined && nowSeconds(input.clock) < active.certificate.notAfterSeconds) {
    throw authorityError(
      'the root is in force, and replacing it like this would break every connection',
      'use `sallyport authority prepare root`, then `activate root`, which overlap',
    );
  }
  return viewOf(await renewRoot(input, nowSeconds(input.clock)));
}

function revocable(input: AuthorityControlInput, id: string, wish: RevokeWish): AuthorityRecord {
  const record = oldOf(input, id, 'revoked');
  if (record.kind === 'intermediate') {
    const root = rootOf(input.journal, record.certificate);
    throw new SallyportError(
      'ERR_ISSUER_REVOKE_INTERMEDIATE',
      'an intermediate cannot be revoked: peers believe what it signed for as long as they trust its root',
      { hint: `rotate, taint and revoke its root${root === undefined ? '' : ` ${root.id}`}` },
    );
  }
  if (!record.tainted) {
    throw authorityError('the root is not tainted, so certificates may still be under it', 'taint it first');
  }
  const certificates = input.countUnder(record);
  const streams = wish.unsettledStreams();
  if (!wish.force && certificates + streams > 0) {
    throw new SallyportError(
      'ERR_ISSUER_STREAMS_BEHIND',
      `${certificates} certificates in use are still under this root, and ${streams} streams have not acknowledged what they were sent`,
      { hint: 'try again in a moment, or `--force`, which breaks the connections of those that are behind' },
    );
  }
  return record;
}

function slotOf(
  { journal }: AuthoritiesInput,
  kind: AuthorityKind,
  status: AuthorityStatus,
): AuthorityRecord {
  const record = slot(journal, kind, status);
  if (record === undefined) {
    throw authorityError(`no ${kind} is ${status}`, 'see `sallyport authority show`');
  }
  return record;
}

function oldOf({ journal }: AuthoritiesInput, id: string, what: string): AuthorityRecord {
  const record = [...journal.list('root'), ...journal.list('intermediate')].find((one) => one.id === id);
  if (record === undefined) {
    throw authorityError('there is no authority of this id', 'see `sallyport authority show`');
  }
  if (record.status !== 'old') {
    throw authorityError(
      `the ${record.kind} is ${record.status}, and only an old one can be ${what}`,
      'prepare and activate its successor first',
    );
  }
  return record;
}

function viewOf({ id, kind, status, tainted, certificate }: AuthorityRecord): AuthorityView {
  return {
    id,
    kind,
    status,
    tainted,
    serial: certificate.serial,
    issuerId: kind === 'root' ? undefined : certificate.extensions.authorityKeyId,
    notBeforeSeconds: certificate.notBeforeSeconds,
    notAfterSeconds: certificate.notAfterSeconds,
  };
}

function nowSeconds(clock: Clock): number {
  return clock.nowMillis() / 1000;
}

function authorityError(message: string, hint: string): SallyportError {
  return new SallyportError('ERR_ISSUER_AUTHORITY', message, { hint });
}
