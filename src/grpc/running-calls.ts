import type * as grpc from '@grpc/grpc-js';
import { SallyportError } from '../base/index.ts';
import type { Caller } from './caller.ts';
import type { CallHandle, GrpcService } from './service.ts';
import { BUSY, type ClientStatus, STOPPING, statusOf } from './status.ts';

type AnyCall = grpc.ServerUnaryCall<unknown, unknown>;
type Handler = (call: AnyCall, answer: grpc.sendUnaryData<unknown>) => void;
type Method = Pick<grpc.MethodDefinition<unknown, unknown>, 'responseStream'>;

/**
 * The calls of one listener by our own count, because grpc-js' `tryShutdown` does not see those of injected
 * connections. A call ends when its stream is closed or its status is on the way.
 */
export class RunningCalls {
  readonly #callerByPeer: (peer: string) => Caller | undefined;
  readonly #callsMax: number;
  readonly #callers = new WeakMap<object, Caller>();
  /** Each running call with what ends it at once; undefined for a unary one. */
  readonly #running = new Map<object, (() => void) | undefined>();
  readonly #waiting = new Set<() => void>();
  #isClosing = false;

  /** `callerByPeer` finds the caller by the name its connection was injected under. */
  constructor(callerByPeer: (peer: string) => Caller | undefined, callsMax: number) {
    this.#callerByPeer = callerByPeer;
    this.#callsMax = callsMax;
  }

  get count(): number {
    return this.#running.size;
  }

  /** The service's functions, counted, and refused for a connection nobody knows. */
  wrap({ definition, implementation }: GrpcService): grpc.UntypedServiceImplementation {
    return Object.fromEntries(
      Object.entries(definition).flatMap(([name, method]) => {
        const handler = implementation[name] ?? implementation[method.originalName ?? name];
        return handler === undefined
          ? []
          : [[name, this.#wrapOne(method, handler.bind(implementation) as Handler)]];
      }),
    );
  }

  /** Throws `ERR_GRPC_CALLER_UNKNOWN` for a call of another listener. */
  callerOf(call: CallHandle): Caller {
    const caller = this.#callers.get(call);
    if (caller === undefined) {
      throw strangerError();
    }
    return caller;
  }

  /** From now on a new call gets UNAVAILABLE, and so does each open stream; unary calls may finish. */
  close(): void {
    this.#isClosing = true;
    for (const endStream of [...this.#running.values()]) {
      endStream?.();
    }
  }

  /** Resolves as soon as no call runs. */
  drained(): Promise<void> {
    return this.count === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#waiting.add(resolve);
        });
  }

  #wrapOne({ responseStream }: Method, handler: Handler): grpc.UntypedHandleCall {
    const wrapped: Handler = (call, answer) => {
      const refuse = (status: ClientStatus): void =>
        void (responseStream ? call.emit('error', status) : answer(status));
      if (this.#isClosing) {
        refuse(STOPPING);
      } else if (this.count >= this.#callsMax) {
        refuse(BUSY);
      } else if (this.#start(call, responseStream ? () => refuse(STOPPING) : undefined)) {
        handler(call, answer);
      } else {
        refuse(statusOf(strangerError()));
      }
    };
    return wrapped as grpc.UntypedHandleCall;
  }

  #start(call: AnyCall, endStream: (() => void) | undefined): boolean {
    const caller = this.#callerByPeer(call.getPeer());
    if (caller === undefined) {
      return false;
    }
    this.#callers.set(call, caller);
    this.#running.set(call, endStream);
    // grpc-js emits `cancelled` at the end of every call, however it ends.
    call.once('cancelled', () => this.#finish(call));
    return true;
  }

  #finish(call: object): void {
    this.#running.delete(call);
    if (this.count === 0) {
      for (const resolve of this.#waiting) {
        resolve();
      }
      this.#waiting.clear();
    }
  }
}

function strangerError(): SallyportError {
  return new SallyportError('ERR_GRPC_CALLER_UNKNOWN', 'a call came by a connection nobody accepted');
}
