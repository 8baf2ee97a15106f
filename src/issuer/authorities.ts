import { type Clock, type Random, SallyportError } from '../base/index.ts';
import {
  type CaOptions,
  createIntermediate,
  createRoot,
  isValidAt,
  type NewAuthority,
  type RotationStep,
  rotationStep,
  type SigningAuthority,
  TTL_RATIO,
} from '../ca/index.ts';
import type { TrustBundle, TrustDomain } from '../identity/index.ts';
import type { State } from '../store/index.ts';
import { type Certificate, keyIdOf } from '../x509/index.ts';
import { assembleBundle } from './assemble-bundle.ts';
import type {
  AuthorityJournal,
  AuthorityKind,
  AuthorityRecord,
  AuthorityStatus,
} from './authority-journal.ts';
import { keepKey, loadSigner, type Passphrase, removeKey } from './authority-keys.ts';
import { forgettingClock } from './forgetting-clock.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import { type JwtKeys, startJwtKeys } from './jwt-keys.ts';

export interface AuthoritiesInput {
  readonly state: State;
  readonly journal: AuthorityJournal;
  readonly trustDomain: TrustDomain;
  readonly options: CaOptions;
  readonly passphrase: Passphrase;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: IssuerEventSink;
}

/** The authorities in force. Every step is kept in the journal before it has an effect. */
export interface Authorities {
  /** The intermediate that signs now. */
  readonly active: SigningAuthority;
  /** What stands between a leaf that it signs and the root, DER, lowest first. */
  readonly chain: readonly Uint8Array[];
  readonly bundle: TrustBundle;
  readonly jwtKeys: JwtKeys;
  /** Every intermediate under which a leaf may be in force now or soon, with its key. */
  signers(): readonly SigningAuthority[];
  /** Those that have signed or will, as of the last step; some may be past their end. */
  readonly intermediates: readonly Certificate[];
  /** Whether what the CA of this key id signed is to be replaced: it or its root is tainted or revoked. */
  isTainted(issuerKeyId: string): boolean;
  /** Does every step that is due, and returns when the next one will be. Not to be called twice at once. */
  advance(): Promise<number>;
}

const DAY_SECONDS = 24 * 60 * 60;
/** A root stays in the bundle this long after its end, for verifiers whose clock is slow. */
const ROOT_LINGER_SECONDS = DAY_SECONDS;
const JOURNAL_LINGER_SECONDS = 14 * DAY_SECONDS;
const ROOT_RECHECK_SECONDS = 60;
/** Enough for both kinds to be prepared and activated; more would be a defect. */
const STEPS_MAX = 8;

/**
 * Loads the authorities of a state folder, makes those that are missing and replaces an intermediate that is
 * past its end. Throws `ERR_ISSUER_ROOT_EXPIRED`, `ERR_ISSUER_KEY*`, `ERR_STATE_*`.
 */
export async function startAuthorities(input: AuthoritiesInput): Promise<Authorities> {
  const { journal, clock } = input;
  const nowSeconds = (): number => clock.nowMillis() / 1000;
  const forgetSeconds = forgettingClock(clock);
  await requireRoot(input, nowSeconds());
  let current: { readonly id: string; readonly authority: SigningAuthority } | undefined;
  const jwtKeys = await startJwtKeys(input);
  let bundle = bundleOf(input, jwtKeys, nowSeconds());
  let tainted = taintedIds(journal);
  let intermediates = intermediatesOf(journal);
  const advance = async (): Promise<number> => {
    for (let count = 0; count < STEPS_MAX; count += 1) {
      const due = dueStep(input, nowSeconds());
      if (due.step.kind === 'wait') {
        const jwtUntilSeconds = await jwtKeys.advance();
        prune(input, forgetSeconds());
        bundle = bundleOf(input, jwtKeys, nowSeconds());
        tainted = taintedIds(journal);
        intermediates = intermediatesOf(journal);
        const record = slot(journal, 'intermediate', 'active');
        if (record !== undefined && record.id !== current?.id) {
          current = { id: record.id, authority: authorityOf(input, record) };
        }
        return Math.min(due.step.untilSeconds, jwtUntilSeconds);
      }
      await takeStep(input, due.kind, due.step.kind, nowSeconds());
    }
    throw new SallyportError('ERR_INTERNAL', 'the rotation of authorities does not come to rest');
  };
  await advance();
  return {
    get active() {
      if (current === undefined) {
        throw new SallyportError('ERR_INTERNAL', 'there is no intermediate');
      }
      return current.authority;
    },
    get chain() {
      return current === undefined ? [] : [current.authority.certificate.der];
    },
    get bundle() {
      return bundle;
    },
    jwtKeys,
    get intermediates() {
      return intermediates;
    },
    signers: () => signersOf(input, nowSeconds()),
    isTainted: (issuerKeyId) => tainted.has(issuerKeyId),
    advance,
  };
}

export function slot(
  journal: AuthorityJournal,
  kind: AuthorityKind,
  status: AuthorityStatus,
): AuthorityRecord | undefined {
  return journal.list(kind).find((record) => record.status === status);
}

function authorityOf(
  { state, passphrase }: Pick<AuthoritiesInput, 'state' | 'passphrase'>,
  { id, certificate }: AuthorityRecord,
): SigningAuthority {
  return { certificate, sign: loadSigner(state, id, certificate, passphrase) };
}

async function requireRoot(input: AuthoritiesInput, nowSeconds: number): Promise<void> {
  const { journal, state } = input;
  const active = slot(journal, 'root', 'active');
  if (active === undefined) {
    await takeStep(input, 'root', 'activate', nowSeconds);
    return;
  }
  loadSigner(state, active.id, active.certificate, input.passphrase);
  const prepared = slot(journal, 'root', 'prepared');
  const usable = [active, prepared].some(
    (record) => record !== undefined && nowSeconds < record.certificate.notAfterSeconds,
  );
  if (!usable && input.options.autoRoot) {
    await renewRoot(input, nowSeconds);
  } else if (!usable) {
    throw new SallyportError('ERR_ISSUER_ROOT_EXPIRED', 'the root certificate is past its end', {
      hint: 'check the clock; if it is right, run `sallyport authority renew-root`: a new root, which every peer then has to trust',
    });
  }
}

/** Puts a new root in the place of the active one, at once and without overlap. */
export async function renewRoot(input: AuthoritiesInput, nowSeconds: number): Promise<AuthorityRecord> {
  const record = await makeRecord(input, 'root', 'active', nowSeconds);
  input.events({
    level: 'warn',
    event: 'issuer.rootRenewed',
    message: 'a new root is in force without overlap, and every peer has to trust it anew',
    fields: { authorityId: record.id },
  });
  return record;
}

interface DueStep {
  readonly kind: AuthorityKind;
  readonly step: RotationStep;
}

/**
 * Roots first: an intermediate is best made under the root that will last. A root outside of its dates is
 * never replaced on its own: the clock may be wrong, and a new root is new trust for everybody.
 */
function dueStep(input: AuthoritiesInput, nowSeconds: number): DueStep {
  const { options } = input;
  const root = stepOf(input, 'root', options.caTtl.seconds, nowSeconds);
  if (root.kind !== 'wait') {
    return { kind: 'root', step: root };
  }
  const intermediate = stepOf(input, 'intermediate', options.caTtl.seconds / TTL_RATIO, nowSeconds);
  if (intermediate.kind !== 'wait') {
    return { kind: 'intermediate', step: intermediate };
  }
  const untilSeconds = Math.min(root.untilSeconds, intermediate.untilSeconds);
  return { kind: 'root', step: { kind: 'wait', untilSeconds } };
}

function stepOf(
  { journal, options }: AuthoritiesInput,
  kind: AuthorityKind,
  childTtlSeconds: number,
  nowSeconds: number,
): RotationStep {
  const active = slot(journal, kind, 'active');
  const prepared = slot(journal, kind, 'prepared');
  if (active === undefined) {
    return { kind: 'activate' };
  }
  const { notAfterSeconds } = active.certificate;
  const inForce = isValidAt(active.certificate, nowSeconds);
  if (
    kind === 'root' &&
    !inForce &&
    !options.autoRoot &&
    (prepared === undefined || !isValidAt(prepared.certificate, nowSeconds))
  ) {
    return { kind: 'wait', untilSeconds: nowSeconds + ROOT_RECHECK_SECONDS };
  }
  if (kind === 'intermediate' && isUnderTaint(journal, active)) {
    const usable =
      prepared !== undefined &&
      !isUnderTaint(journal, prepared) &&
      isValidAt(prepared.certificate, nowSeconds);
    return { kind: usable ? 'activate' : 'prepare' };
  }
  const slots = { active: active.certificate, prepared: prepared?.certificate };
  const step = rotationStep(slots, childTtlSeconds, nowSeconds);
  const rootEnd = slot(journal, 'root', 'active')?.certificate.notAfterSeconds ?? 0;
  const gainsNothing = kind === 'intermediate' && step.kind === 'prepare' && notAfterSeconds >= rootEnd;
  return gainsNothing && inForce ? { kind: 'wait', untilSeconds: notAfterSeconds } : step;
}

/** Whether an intermediate or its root is tainted, or its root was revoked. */
function isUnderTaint(journal: AuthorityJournal, { tainted, certificate }: AuthorityRecord): boolean {
  const root = rootOf(journal, certificate);
  return tainted || root === undefined || root.tainted;
}

/** The root in the journal that signed an intermediate. */
export function rootOf(journal: AuthorityJournal, intermediate: Certificate): AuthorityRecord | undefined {
  return journal.list('root').find(({ id }) => id === intermediate.extensions.authorityKeyId);
}

function signersOf(input: AuthoritiesInput, nowSeconds: number): readonly SigningAuthority[] {
  return input.journal
    .list('intermediate')
    .filter(({ certificate }) => nowSeconds < certificate.notAfterSeconds)
    .map((record) => authorityOf(input, record));
}

function intermediatesOf(journal: AuthorityJournal): readonly Certificate[] {
  return journal.list('intermediate').map(({ certificate }) => certificate);
}

function taintedIds(journal: AuthorityJournal): ReadonlySet<string> {
  return new Set(
    journal
      .list('intermediate')
      .filter((record) => isUnderTaint(journal, record))
      .map(({ id }) => id),
  );
}

/** Activating where nothing is prepared, as at the very first start, makes an active one at once. */
export async function takeStep(
  input: AuthoritiesInput,
  kind: AuthorityKind,
  action: 'prepare' | 'activate',
  nowSeconds: number,
): Promise<void> {
  const { journal, events } = input;
  const prepared = slot(journal, kind, 'prepared');
  if (action === 'activate' && prepared !== undefined) {
    journal.activate(prepared.id);
    events(authorityEvent('issuer.authorityActivated', prepared));
    return;
  }
  const record = await makeRecord(input, kind, action === 'prepare' ? 'prepared' : 'active', nowSeconds);
  const event = action === 'prepare' ? 'issuer.authorityPrepared' : 'issuer.authorityActivated';
  events(authorityEvent(event, record));
}

/** Makes an authority and keeps it: first its key, then its certificate. */
async function makeRecord(
  input: AuthoritiesInput,
  kind: AuthorityKind,
  status: 'prepared' | 'active',
  nowSeconds: number,
): Promise<AuthorityRecord> {
  const { certificate, keyPair } = await makeAuthority(input, kind, nowSeconds);
  const id = keyIdOf(certificate.publicKeyDer);
  keepKey(input.state, id, keyPair, input.passphrase);
  const record = { id, kind, status, tainted: false, certificate };
  input.journal.add(record);
  return record;
}

function makeAuthority(
  { journal, state, passphrase, trustDomain, options, random }: AuthoritiesInput,
  kind: AuthorityKind,
  nowSeconds: number,
): Promise<NewAuthority> {
  const wish = {
    trustDomain,
    keyType: options.keyType,
    nowSeconds,
    ttlSeconds: (kind === 'root' ? options.rootTtl : options.caTtl).seconds,
    backdateSeconds: options.backdate.seconds,
  };
  if (kind === 'root') {
    return createRoot(wish, random);
  }
  const root = slot(journal, 'root', 'active');
  if (root === undefined) {
    throw new SallyportError('ERR_INTERNAL', 'there is no root');
  }
  return createIntermediate(wish, authorityOf({ state, passphrase }, root), random);
}

/** Removes keys that nothing is signed with any more, and forgets what ended long ago. */
function prune({ journal, state }: AuthoritiesInput, nowSeconds: number): void {
  for (const record of [...journal.list('root'), ...journal.list('intermediate')]) {
    const sinceEnd = nowSeconds - record.certificate.notAfterSeconds;
    if (record.status !== 'old' || sinceEnd <= 0) {
      continue;
    }
    removeKey(state, record.id);
    if (sinceEnd > JOURNAL_LINGER_SECONDS) {
      journal.forget(record.id);
    }
  }
}

function bundleOf(
  { journal, trustDomain, options }: AuthoritiesInput,
  { published }: JwtKeys,
  nowSeconds: number,
): TrustBundle {
  const x509Authorities = journal
    .list('root')
    .filter(
      ({ status, certificate }) =>
        status !== 'old' || nowSeconds < certificate.notAfterSeconds + ROOT_LINGER_SECONDS,
    )
    .map(({ certificate }) => certificate.der);
  return assembleBundle({ journal, trustDomain, options }, x509Authorities, published);
}

function authorityEvent(
  event: 'issuer.authorityPrepared' | 'issuer.authorityActivated',
  { id, kind, certificate }: AuthorityRecord,
): Parameters<IssuerEventSink>[0] {
  const what = event === 'issuer.authorityPrepared' ? 'prepared' : 'in force';
  return {
    level: 'info',
    event,
    message: `a new ${kind} is ${what}`,
    fields: { kind, authorityId: id, notAfter: new Date(certificate.notAfterSeconds * 1000).toISOString() },
  };
}
