import { type Clock, SallyportError } from '../base/index.ts';
import {
  type CaOptions,
  isValidAt,
  type JwtSigningKey,
  jwtAlgorithmOf,
  jwtSignerOf,
  newKeyPair,
  publicJwkOf,
  publicKeyOfDer,
  rotationStep,
  TTL_RATIO,
} from '../ca/index.ts';
import type { JwtAuthority } from '../identity/index.ts';
import type { State } from '../store/index.ts';
import { keyIdOf } from '../x509/index.ts';
import { keepKey, loadPrivateKey, type Passphrase, removeKey } from './authority-keys.ts';
import { forgettingClock } from './forgetting-clock.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import { type JwtJournal, type JwtKeyRecord, openJwtJournal } from './jwt-journal.ts';

export interface JwtKeysInput {
  readonly state: State;
  readonly options: CaOptions;
  readonly passphrase: Passphrase;
  readonly clock: Clock;
  readonly events: IssuerEventSink;
}

/** The keys of JWT-SVIDs. They live as long as an intermediate and follow each other by the same schedule. */
export interface JwtKeys {
  /** The one that signs now. */
  readonly active: JwtSigningKey;
  /** As they are published: a new one before its first use, an old one until all it signed has ended. */
  readonly published: readonly JwtKeyRecord[];
  /** Does every step that is due, and returns when the next one will be. Not to be called twice at once. */
  advance(): Promise<number>;
}

/** An old key stays published this long after its end, for verifiers whose clock is slow. */
const LINGER_SECONDS = 24 * 60 * 60;
/** Preparing and activating; more would be a defect. */
const STEPS_MAX = 4;

/** Loads the JWT keys of a state folder, or makes the first one. Throws `ERR_ISSUER_KEY*`, `ERR_STATE_*`. */
export async function startJwtKeys(input: JwtKeysInput): Promise<JwtKeys> {
  const { state, clock } = input;
  const journal = openJwtJournal(state);
  const nowSeconds = (): number => clock.nowMillis() / 1000;
  const forgetSeconds = forgettingClock(clock);
  let active: JwtSigningKey | undefined;
  const advance = async (): Promise<number> => {
    for (let count = 0; count < STEPS_MAX; count += 1) {
      const step = stepOf(journal, input.options, nowSeconds());
      if (step.kind === 'wait') {
        prune(journal, state, forgetSeconds());
        const record = slot(journal, 'active');
        if (record !== undefined && record.id !== active?.keyId) {
          active = signingKeyOf(record, input);
        }
        return step.untilSeconds;
      }
      await takeStep(journal, step.kind, input, nowSeconds());
    }
    throw new SallyportError('ERR_INTERNAL', 'the rotation of JWT keys does not come to rest');
  };
  await advance();
  return {
    get active() {
      if (active === undefined) {
        throw new SallyportError('ERR_INTERNAL', 'there is no JWT key');
      }
      return active;
    },
    get published() {
      return journal.list();
    },
    advance,
  };
}

/** As the bundle has them. */
export function jwtAuthorityOf({ id, publicKeyDer }: JwtKeyRecord): JwtAuthority {
  return { keyId: id, publicKey: publicJwkOf(publicKeyDer) };
}

function stepOf(journal: JwtJournal, { caTtl }: CaOptions, nowSeconds: number) {
  const active = slot(journal, 'active');
  return active === undefined
    ? ({ kind: 'activate' } as const)
    : rotationStep({ active, prepared: slot(journal, 'prepared') }, caTtl.seconds / TTL_RATIO, nowSeconds);
}

function slot(journal: JwtJournal, status: 'prepared' | 'active'): JwtKeyRecord | undefined {
  return journal.list().find((record) => record.status === status);
}

/** Activating where nothing is prepared, as at the very first start, makes an active one at once. */
async function takeStep(
  journal: JwtJournal,
  action: 'prepare' | 'activate',
  input: JwtKeysInput,
  nowSeconds: number,
): Promise<void> {
  const prepared = slot(journal, 'prepared');
  if (action === 'activate' && prepared !== undefined && isValidAt(prepared, nowSeconds)) {
    journal.activate(prepared.id);
    tell('issuer.jwtKeyActivated', prepared, input);
    return;
  }
  const record = await makeRecord(action === 'prepare' ? 'prepared' : 'active', input, nowSeconds);
  journal.add(record);
  tell(action === 'prepare' ? 'issuer.jwtKeyPrepared' : 'issuer.jwtKeyActivated', record, input);
}

/** First the key is kept, then the journal names it. */
async function makeRecord(
  status: 'prepared' | 'active',
  { state, options, passphrase }: JwtKeysInput,
  nowSeconds: number,
): Promise<JwtKeyRecord> {
  const keyPair = await newKeyPair(options.keyType);
  const id = keyIdOf(keyPair.publicKeyDer);
  keepKey(state, id, keyPair, passphrase);
  return {
    id,
    status,
    publicKeyDer: keyPair.publicKeyDer,
    notBeforeSeconds: Math.floor(nowSeconds - options.backdate.seconds),
    notAfterSeconds: Math.floor(nowSeconds + options.caTtl.seconds),
  };
}

function signingKeyOf(
  { id, publicKeyDer, notAfterSeconds }: JwtKeyRecord,
  { state, passphrase }: JwtKeysInput,
): JwtSigningKey {
  const algorithm = jwtAlgorithmOf(publicKeyDer);
  if (algorithm === undefined) {
    throw new SallyportError('ERR_INTERNAL', 'a JWT key is of a kind that signs no tokens');
  }
  return {
    keyId: id,
    algorithm,
    publicKey: publicKeyOfDer(publicKeyDer),
    notAfterSeconds,
    sign: jwtSignerOf(loadPrivateKey(state, id, publicKeyDer, passphrase)),
  };
}

function prune(journal: JwtJournal, state: State, nowSeconds: number): void {
  for (const { id, status, notAfterSeconds } of journal.list()) {
    if (status === 'old' && nowSeconds >= notAfterSeconds) {
      removeKey(state, id);
      if (nowSeconds >= notAfterSeconds + LINGER_SECONDS) {
        journal.forget(id);
      }
    }
  }
}

function tell(
  event: 'issuer.jwtKeyPrepared' | 'issuer.jwtKeyActivated',
  { id, notAfterSeconds }: JwtKeyRecord,
  { events }: JwtKeysInput,
): void {
  events({
    level: 'info',
    event,
    message: `a new JWT key is ${event === 'issuer.jwtKeyPrepared' ? 'prepared' : 'in force'}`,
    fields: { keyId: id, notAfter: new Date(notAfterSeconds * 1000).toISOString() },
  });
}
