import { type Clock, errorText, type Random, type Timer } from '../base/index.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import type { CallerNote, SvidRequest, X509Svid } from './issuer-types.ts';
import { renewalDelayMillis, retryDelayMillis } from './renewal-times.ts';
import { svidKeyOf } from './svid-key.ts';

/** A certificate in force, with the key id of the CA that signed it. */
export interface IssuedSvid extends X509Svid {
  readonly issuerKeyId: string;
}

export interface IdentitiesInput {
  /** Makes a new key pair and a certificate for it. */
  readonly issue: (request: SvidRequest, caller: string | undefined) => Promise<IssuedSvid>;
  /** Whether a certificate must not be used any more although its dates say otherwise. */
  readonly isSpoiled: (svid: IssuedSvid) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: IssuerEventSink;
  /** Identities that nobody keeps and that are remembered all the same. */
  readonly idleMax: number;
}

/** The identities in force: one certificate for equal requests, renewed in time while somebody keeps it. */
export interface Identities {
  svid(request: SvidRequest, caller?: CallerNote): Promise<X509Svid>;
  keep(request: SvidRequest, onRenewed: (svid: X509Svid) => void, caller?: CallerNote): () => void;
  /** Looks at every date again, as after a jump of the clock. */
  review(): void;
  /** Those in use of which `match` is true. */
  countKept(match: (svid: IssuedSvid) => boolean): number;
  stop(): void;
}

interface Identity {
  readonly key: string;
  readonly request: SvidRequest;
  /** With who each of them stands for. */
  readonly keepers: Map<(svid: X509Svid) => void, CallerNote | undefined>;
  /** Who asked last without keeping. */
  asker: CallerNote | undefined;
  svid: IssuedSvid | undefined;
  /** By the wall clock. */
  renewAtMillis: number;
  pending: Promise<IssuedSvid> | undefined;
  timer: Timer | undefined;
  failures: number;
}

const SPOILED_RENEWAL_MILLIS = 1000;
const ATTENDED_PER_TURN = 50;
const RENEWALS_AT_ONCE = 256;
const CALLERS_CHARS_MAX = 1000;

export function createIdentities(input: IdentitiesInput): Identities {
  return new IdentityTable(input);
}

class IdentityTable implements Identities {
  readonly #input: IdentitiesInput;
  readonly #identities = new Map<string, Identity>();
  /** Those that nobody keeps, by the same key. */
  readonly #idle = new Map<string, Identity>();
  /** Due, and not begun yet. */
  readonly #due = new Set<Identity>();
  #renewing = 0;
  #stopped = false;

  constructor(input: IdentitiesInput) {
    this.#input = input;
  }

  async svid(request: SvidRequest, caller?: CallerNote): Promise<X509Svid> {
    const identity = this.#identityOf(request);
    identity.asker = caller;
    const { svid } = identity;
    if (svid === undefined || !this.#isUsable(svid)) {
      return this.#renew(identity);
    }
    if (identity.keepers.size > 0 || !this.#isDue(identity)) {
      return svid;
    }
    return this.#renew(identity).catch(() => svid);
  }

  keep(request: SvidRequest, onRenewed: (svid: X509Svid) => void, caller?: CallerNote): () => void {
    const identity = this.#identityOf(request);
    const keeper = (svid: X509Svid): void => onRenewed(svid);
    identity.keepers.set(keeper, caller);
    this.#idle.delete(identity.key);
    if (identity.timer === undefined) {
      this.#attend(identity);
    }
    return () => {
      if (identity.keepers.delete(keeper) && identity.keepers.size === 0) {
        identity.timer?.cancel();
        identity.timer = undefined;
        this.#idle.set(identity.key, identity);
      }
    };
  }

  review(): void {
    this.#attendSome([...this.#identities.values()].filter(({ keepers }) => keepers.size > 0));
  }

  /** A few in one turn of the event loop, so that ten thousand of them hold up nothing else. */
  #attendSome(identities: readonly Identity[]): void {
    for (const identity of identities.slice(0, ATTENDED_PER_TURN)) {
      if (identity.keepers.size > 0 && !this.#stopped) {
        this.#attend(identity);
      }
    }
    if (identities.length > ATTENDED_PER_TURN) {
      setImmediate(() => this.#attendSome(identities.slice(ATTENDED_PER_TURN)));
    }
  }

  countKept(match: (svid: IssuedSvid) => boolean): number {
    return [...this.#identities.values()].filter(
      ({ keepers, svid }) => keepers.size > 0 && svid !== undefined && match(svid),
    ).length;
  }

  stop(): void {
    this.#stopped = true;
    for (const identity of this.#identities.values()) {
      identity.timer?.cancel();
      identity.keepers.clear();
    }
    this.#due.clear();
  }

  #attend(identity: Identity): void {
    if (this.#isDue(identity)) {
      this.#renewInBackground(identity);
    } else {
      this.#schedule(identity, identity.renewAtMillis - this.#input.clock.nowMillis());
    }
  }

  #isDue({ svid, renewAtMillis }: Identity): boolean {
    const nowMillis = this.#input.clock.nowMillis();
    return svid === undefined || nowMillis >= renewAtMillis || !this.#isUsable(svid);
  }

  #isUsable(svid: IssuedSvid): boolean {
    return isInForce(svid, this.#input.clock.nowMillis()) && !this.#input.isSpoiled(svid);
  }

  #renew(identity: Identity): Promise<IssuedSvid> {
    identity.pending ??= this.#issueNew(identity).finally(() => {
      identity.pending = undefined;
    });
    return identity.pending;
  }

  /** After a failure, which was told as an event, a retry is on its way. */
  #renewInBackground(identity: Identity): void {
    this.#due.add(identity);
    this.#renewDue();
  }

  /** Work that was begun and waits costs the garbage collector its pauses, so the rest of a storm is not begun. */
  #renewDue(): void {
    for (const identity of this.#due) {
      if (this.#renewing >= RENEWALS_AT_ONCE) {
        return;
      }
      this.#due.delete(identity);
      if (identity.keepers.size > 0) {
        this.#renewing += 1;
        const ended = (): void => {
          this.#renewing -= 1;
          this.#renewDue();
        };
        this.#renew(identity).then(ended, ended);
      }
    }
  }

  async #issueNew(identity: Identity): Promise<IssuedSvid> {
    const { clock, random, events, issue, isSpoiled } = this.#input;
    try {
      const svid = await issue(identity.request, callersOf(identity));
      // What was called back while it was made is renewed soon.
      const delayMillis = isSpoiled(svid)
        ? SPOILED_RENEWAL_MILLIS
        : renewalDelayMillis(svid, clock.nowMillis(), random);
      identity.svid = svid;
      identity.failures = 0;
      identity.renewAtMillis = clock.nowMillis() + delayMillis;
      this.#schedule(identity, delayMillis);
      notify(identity, svid, events);
      return svid;
    } catch (error) {
      identity.failures += 1;
      const { svid, failures } = identity;
      this.#schedule(identity, retryDelayMillis(svid, clock.nowMillis(), failures, random));
      const { uri } = identity.request.spiffeId;
      events({
        level: 'error',
        event: 'issuer.renewalFailed',
        message: `no certificate for \`${uri}\`: ${errorText(error)}`,
        fields: { spiffeId: uri, failures },
        error,
      });
      throw error;
    }
  }

  #schedule(identity: Identity, delayMillis: number): void {
    identity.timer?.cancel();
    identity.timer =
      this.#stopped || identity.keepers.size === 0
        ? undefined
        : this.#input.clock.startTimer(delayMillis, () => this.#renewInBackground(identity));
  }

  #identityOf(request: SvidRequest): Identity {
    const key = svidKeyOf(request);
    let identity = this.#identities.get(key);
    if (identity === undefined) {
      this.#evict();
      identity = {
        key,
        request,
        keepers: new Map(),
        asker: undefined,
        svid: undefined,
        renewAtMillis: 0,
        pending: undefined,
        timer: undefined,
        failures: 0,
      };
      this.#identities.set(key, identity);
      this.#idle.set(key, identity);
    }
    return identity;
  }

  /** Makes room for one more by dropping the oldest that nobody keeps, a tenth at a time. */
  #evict(): void {
    const { idleMax } = this.#input;
    if (this.#idle.size < idleMax) {
      return;
    }
    const oldest = [...this.#idle.values()].slice(0, Math.ceil(idleMax / 10));
    for (const { key, pending } of oldest) {
      if (pending === undefined) {
        this.#idle.delete(key);
        this.#identities.delete(key);
      }
    }
  }
}

/** All that share the certificate, as far as they fit. */
function callersOf({ keepers, asker }: Identity): string | undefined {
  const notes = keepers.size > 0 ? [...keepers.values()] : [asker];
  const texts = new Set(notes.flatMap((note) => note?.() ?? []));
  return texts.size === 0 ? undefined : [...texts].join('; ').slice(0, CALLERS_CHARS_MAX);
}

function isInForce(svid: X509Svid, nowMillis: number): boolean {
  return nowMillis >= svid.notBeforeSeconds * 1000 && nowMillis < svid.notAfterSeconds * 1000;
}

function notify(identity: Identity, svid: X509Svid, events: IssuerEventSink): void {
  for (const keeper of [...identity.keepers.keys()]) {
    try {
      keeper(svid);
    } catch (error) {
      events({
        level: 'error',
        event: 'issuer.listenerFailed',
        message: `a renewed certificate was not taken: ${errorText(error)}`,
        fields: { spiffeId: identity.request.spiffeId.uri },
        error,
      });
    }
  }
}
