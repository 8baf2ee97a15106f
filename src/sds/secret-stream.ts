import type * as grpc from '@grpc/grpc-js';
import { type AppEvent, errorCodeOf, errorText, randomHex } from '../base/index.ts';
import { type Caller, statusOf } from '../grpc/index.ts';
import { newStream, type StreamEvent, type StreamState } from '../xds/index.ts';
import { type Attested, Holdings } from './holdings.ts';
import { validatorOf } from './node.ts';
import type { SecretProtocol } from './protocol.ts';
import { secretView } from './secret-view.ts';
import type { Validator } from './sources.ts';
import { appEventOf, namesRefused } from './stream-events.ts';
import type { World } from './world.ts';

/**
 * One open stream of secrets. While a response is on its way nothing more is encoded: what changes meanwhile
 * goes out together when the client has taken it, so a client that does not read costs no more than its state.
 */
export class SecretStream<Request, Response> {
  readonly caller: Caller;
  readonly #call: grpc.ServerDuplexStream<Request, Response>;
  readonly #protocol: SecretProtocol<Request, Response>;
  readonly #world: World;
  readonly #holdings: Holdings;
  readonly #about: Readonly<Record<string, unknown>>;
  #state: StreamState;
  /** The node is sure to be on the first request alone, so what follows from it is remembered. */
  #validator: Validator;
  #unwritten = 0;
  #isDue = false;
  #isRefreshDue = false;
  #hasEnded = false;

  constructor(
    call: grpc.ServerDuplexStream<Request, Response>,
    protocol: SecretProtocol<Request, Response>,
    { caller, selectors }: Attested,
    world: World,
  ) {
    this.caller = caller;
    this.#call = call;
    this.#protocol = protocol;
    this.#world = world;
    this.#about = { connection: caller.connectionId, listener: caller.listener, protocol: protocol.name };
    this.#holdings = new Holdings(world, { caller, selectors }, () => this.refresh());
    this.#state = newStream(randomHex(world.random, 4));
    this.#validator = world.validatorOf(caller.listener);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Whether the client has taken everything that there is for it. */
  get isSettled(): boolean {
    return (
      this.#unwritten === 0 &&
      !this.#isDue &&
      !this.#isRefreshDue &&
      [...this.#state.sent.values()].every(({ answer }) => answer === 'accepted')
    );
  }

  /** Takes one request and answers it, unless a response is still on its way. */
  receive(request: Request): void {
    this.#guard(() => this.#take(request));
  }

  #take(request: Request): void {
    const node = this.#protocol.nodeOf(request);
    if (node !== null) {
      this.#validator = validatorOf(node, this.#world.validatorOf(this.caller.listener));
    }
    const taken = this.#protocol.take(this.#state, request);
    this.#state = taken.state;
    this.#tell(taken.events);
    if (taken.end !== undefined) {
      throw taken.end;
    }
    this.#world.budget.book(this, this.#state);
    this.#holdings.hold(this.#state);
    this.#tellRefused(taken.events);
    this.#flush();
  }

  /** Sends what has become new to the client, in a turn of its own. */
  refresh(): void {
    if (!this.#hasEnded) {
      this.#isRefreshDue = true;
      this.#world.turns.add(this.#refresh);
    }
  }

  /** Lets go of everything; the call itself is ended by whoever calls this. */
  end(): void {
    this.#hasEnded = true;
    this.#holdings.release();
    this.#world.budget.release(this);
  }

  readonly #refresh = (): void => {
    this.#isRefreshDue = false;
    this.#guard(() => {
      const attestation = this.#world.selectorsOf(this.caller);
      if (attestation instanceof Promise) {
        // Entries of now ask for more than was looked at; the stream goes on when that is known.
        attestation.then(
          () => this.refresh(),
          (error: unknown) => this.#fail(error),
        );
        return;
      }
      this.#holdings.show(attestation);
      this.#holdings.hold(this.#state);
      this.#flush();
    });
  };

  /** An error ends this stream and nothing else. */
  #guard(run: () => void): void {
    if (this.#hasEnded) {
      return;
    }
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#hasEnded) {
      return;
    }
    const isOverLimit = errorCodeOf(error) === 'ERR_LIMIT_EXCEEDED';
    this.#say({
      level: isOverLimit ? 'warn' : 'error',
      event: 'sds.stream_failed',
      message: `a stream was ended: ${errorText(error)}`,
      fields: { ...this.#about, code: errorCodeOf(error) },
      ...(isOverLimit ? {} : { error }),
    });
    this.end();
    this.#call.emit('error', statusOf(error));
  }

  #flush(): void {
    if (this.#unwritten > 0) {
      this.#isDue = true;
      return;
    }
    this.#isDue = false;
    const pushed = this.#protocol.push(
      this.#state,
      secretView({
        wishes: this.#holdings.wishes,
        svidOf: (entry) => this.#holdings.svidOf(entry),
        bundle: this.#world.bundle(),
        validator: this.#validator,
        crls: this.#world.crls(),
        cache: this.#world.cache,
      }),
    );
    this.#state = pushed.state;
    this.#tell(pushed.events);
    for (const message of pushed.messages) {
      this.#write(message);
    }
  }

  #write(message: Response): void {
    if (this.#call.writableEnded || this.#call.destroyed) {
      return;
    }
    this.#unwritten += 1;
    this.#call.write(message, () => {
      this.#unwritten -= 1;
      if (this.#unwritten === 0 && this.#isDue) {
        this.#refresh();
      }
    });
  }

  #tellRefused(events: readonly StreamEvent[]): void {
    const { wishes, selectors, entryCount } = this.#holdings;
    const added = events.flatMap((event) => (event.kind === 'subscribed' ? event.names : []));
    const refused = added.filter((name) => wishes.of(name) === undefined);
    const asksForNothingElse = this.#state.wildcard && entryCount === 0;
    if (refused.length > 0 || (asksForNothingElse && events.some(({ kind }) => kind === 'subscribed'))) {
      this.#world.refusals.tell(this.caller.listener, () =>
        namesRefused(refused, this.#about, selectors, entryCount),
      );
    }
  }

  #tell(events: readonly StreamEvent[]): void {
    for (const event of events) {
      this.#say(appEventOf(event, this.#about));
    }
  }

  #say(event: AppEvent): void {
    this.#world.events(event);
  }
}
