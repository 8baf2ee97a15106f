import { type Clock, errorText, LIMITS, sleep } from '../base/index.ts';
import { type CaOptions, issueCrl, type SigningAuthority } from '../ca/index.ts';
import { keyIdOf, type RevokedCertificate } from '../x509/index.ts';
import type { Inventory } from './inventory.ts';
import type { IssuerEventSink } from './issuer-event.ts';

/** The revocation lists in force, one for each CA that has leaves out; another object after each change. */
export interface CrlSet {
  /** DER. */
  readonly lists: readonly Uint8Array[];
}

export interface CrlSource {
  /** Undefined until the first ones are signed. */
  current(): CrlSet | undefined;
  /** Calls `listener` after `current()` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** Keeps them so: signed again when something is revoked, when CAs change, and well before they end. */
export interface Crls extends CrlSource {
  /** Looks whether something is to be signed. Never rejects. */
  review(): Promise<void>;
  stop(): void;
}

export interface CrlsInput {
  /** Every CA under which a leaf may be in force, the prepared one included: its list must be there before. */
  readonly signers: () => readonly SigningAuthority[];
  readonly inventory: Inventory;
  readonly options: CaOptions;
  readonly clock: Clock;
  readonly events: IssuerEventSink;
}

/** Verifiers refuse everybody once a list is past its end, so half of its life is a reserve. */
const RENEWED_AT = 0.5;
const RETRY_MILLIS = 5000;
const PAUSE_MILLIS = 200;
const LOOK_MILLIS_MAX = 60 * 60 * 1000;

export function createCrls(input: CrlsInput): Crls {
  return new CrlKeeper(input);
}

class CrlKeeper implements Crls {
  readonly #input: CrlsInput;
  readonly #listeners = new Set<() => void>();
  #set: CrlSet | undefined;
  #content = '';
  #signedAtSeconds = 0;
  #lastNumber = 0;
  #running: Promise<void> | undefined;
  #isDueAgain = false;
  #timer: { cancel(): void } | undefined;
  #isStopped = false;

  constructor(input: CrlsInput) {
    this.#input = input;
  }

  current(): CrlSet | undefined {
    return this.#set;
  }

  onChange(listener: () => void): () => void {
    const entry = (): void => listener();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  review(): Promise<void> {
    if (this.#running !== undefined) {
      this.#isDueAgain = true;
      return this.#running;
    }
    this.#running = this.#untilSettled().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  async #untilSettled(): Promise<void> {
    await this.#signIfDue();
    while (this.#isDueAgain && !this.#isStopped) {
      // Whoever revokes one after the other gets a list for many of them.
      await sleep(this.#input.clock, PAUSE_MILLIS);
      this.#isDueAgain = false;
      await this.#signIfDue();
    }
  }

  async #signIfDue(): Promise<void> {
    const { clock, events, options } = this.#input;
    let waitMillis = LOOK_MILLIS_MAX;
    try {
      await this.#sign();
      const renewAtMillis = (this.#signedAtSeconds + options.crlTtl.seconds * RENEWED_AT) * 1000;
      waitMillis = Math.min(Math.max(renewAtMillis - clock.nowMillis(), 0), LOOK_MILLIS_MAX);
    } catch (error) {
      waitMillis = RETRY_MILLIS;
      events({
        level: 'error',
        event: 'issuer.crlFailed',
        message: `revocation lists could not be signed, and it is tried again: ${errorText(error)}`,
        error,
      });
    }
    this.#timer?.cancel();
    if (!this.#isStopped) {
      this.#timer = clock.startTimer(waitMillis, () => void this.review());
    }
  }

  async #sign(): Promise<void> {
    const { clock, options, signers } = this.#input;
    const nowSeconds = Math.floor(clock.nowMillis() / 1000);
    const wanted = signers().map((signer) => ({ signer, revoked: this.#revokedBy(signer, nowSeconds) }));
    const content = JSON.stringify(
      wanted.map(({ signer, revoked }) => [signer.certificate.serial, revoked.map(({ serial }) => serial)]),
    );
    const age = nowSeconds - this.#signedAtSeconds;
    const isFresh = age >= 0 && age < options.crlTtl.seconds * RENEWED_AT;
    if (content === this.#content && isFresh) {
      return;
    }
    this.#lastNumber = Math.max(this.#lastNumber + 1, clock.nowMillis());
    const number = Math.floor(this.#lastNumber).toString(16);
    const lists = await Promise.all(
      wanted.map(({ signer, revoked }) =>
        issueCrl(
          {
            revoked,
            thisUpdateSeconds: nowSeconds - options.backdate.seconds,
            nextUpdateSeconds: nowSeconds + options.crlTtl.seconds,
            number,
          },
          signer,
        ),
      ),
    );
    this.#content = content;
    this.#signedAtSeconds = nowSeconds;
    this.#set = { lists: lists.map(({ der }) => der) };
    this.#tell(wanted.reduce((sum, { revoked }) => sum + revoked.length, 0));
  }

  #revokedBy({ certificate }: SigningAuthority, nowSeconds: number): readonly RevokedCertificate[] {
    const issuerKeyId = certificate.extensions.subjectKeyId ?? keyIdOf(certificate.publicKeyDer);
    const revoked = this.#input.inventory.revokedOf(issuerKeyId, nowSeconds, LIMITS.crlEntries + 1);
    if (revoked.length > LIMITS.crlEntries) {
      this.#input.events({
        level: 'error',
        event: 'issuer.crlFull',
        message: `over ${LIMITS.crlEntries} certificates of one CA are revoked; those that end first are in no list, and only our own Check refuses them`,
        fields: { issuerKeyId },
      });
    }
    return revoked.slice(0, LIMITS.crlEntries);
  }

  #tell(entries: number): void {
    const { events } = this.#input;
    events({
      level: 'info',
      event: 'issuer.crlSigned',
      message: 'revocation lists were signed',
      fields: { lists: this.#set?.lists.length, entries },
    });
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        const message = `new revocation lists were not taken: ${errorText(error)}`;
        events({ level: 'error', event: 'issuer.listenerFailed', message, error });
      }
    }
  }
}
