import type * as grpc from '@grpc/grpc-js';
import { type EventSink, errorCodeOf, errorText } from '../base/index.ts';
import { type Caller, statusOf } from '../grpc/index.ts';

/** The whole of what a client may know now. */
export interface StreamContent<Response> {
  readonly response: Response;
  /** Equal versions are equal contents, so that what has not changed is not sent again. */
  readonly version: string;
}

/** Undefined while there is nothing to say yet; an error ends the stream. */
export type ReadContent<Response> = () =>
  | StreamContent<Response>
  | undefined
  | Promise<StreamContent<Response> | undefined>;

/**
 * One open stream of the Workload API. Every message is the complete state; while one is on its way, changes
 * are gathered, and the newest state goes out when the client has taken it.
 */
export class StateStream<Response> {
  readonly #call: grpc.ServerWritableStream<object, Response>;
  readonly #caller: Caller;
  readonly #read: ReadContent<Response>;
  readonly #events: EventSink;
  #sent: string | undefined;
  #isBusy = false;
  #isDue = false;
  #hasEnded = false;

  constructor(
    call: grpc.ServerWritableStream<object, Response>,
    caller: Caller,
    read: ReadContent<Response>,
    events: EventSink,
  ) {
    this.#call = call;
    this.#caller = caller;
    this.#read = read;
    this.#events = events;
  }

  /** Sends what there is now if the client does not have it. */
  refresh(): void {
    if (this.#hasEnded) {
      return;
    }
    if (this.#isBusy) {
      this.#isDue = true;
      return;
    }
    this.#isBusy = true;
    this.#isDue = false;
    try {
      const content = this.#read();
      if (content instanceof Promise) {
        content.then(
          (ready) => this.#send(ready),
          (error: unknown) => this.fail(error),
        );
      } else {
        this.#send(content);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends the stream with the status of an error. */
  fail(error: unknown): void {
    if (this.#hasEnded) {
      return;
    }
    this.#hasEnded = true;
    const code = errorCodeOf(error);
    const isExpected = code === 'ERR_WORKLOAD_API_NO_IDENTITY' || code === 'ERR_WORKLOAD_CALLER_GONE';
    this.#events({
      level: isExpected ? 'debug' : 'error',
      event: 'spiffe.stream_ended',
      message: `a stream was ended: ${errorText(error)}`,
      fields: { connection: this.#caller.connectionId, listener: this.#caller.listener, code },
      ...(isExpected ? {} : { error }),
    });
    this.#call.emit('error', statusOf(error));
  }

  /** The call is over, however it ended. */
  close(): void {
    this.#hasEnded = true;
  }

  #send(content: StreamContent<Response> | undefined): void {
    if (this.#hasEnded) {
      return;
    }
    if (content === undefined || content.version === this.#sent) {
      this.#settle();
      return;
    }
    this.#sent = content.version;
    this.#call.write(content.response, () => this.#settle());
  }

  #settle(): void {
    this.#isBusy = false;
    if (this.#isDue) {
      this.refresh();
    }
  }
}
