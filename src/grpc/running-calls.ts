import type * as grpc from '@grpc/grpc-js';
import { SallyportError } from '../base/index.ts';
import type { Caller } from './caller.ts';
import type { CallHandle, GrpcService } from './service.ts';
import { type ClientStatus, STOPPING, statusOf } from './status.ts';

/**
 * The calls of one listener by our own count, because grpc-js' `tryShutdown` does not see those of injected
 * connections. A call ends when its stream is closed or its status is on the way.
 */
export interface RunningCalls {
  /** The service's functions, counted, and refused for a connection nobody knows. */
  wrap(service: GrpcService): grpc.UntypedServiceImplementation;
  /** Throws `ERR_GRPC_CALLER_UNKNOWN` for a call of another listener. */
  callerOf(call: CallHandle): Caller;
  readonly count: number;
  /** From now on a new call gets UNAVAILABLE, and so does each open stream; unary calls may finish. */
  close(): void;
  /** Resolves as soon as no call runs. */
  drained(): Promise<void>;
}

type AnyCall = grpc.ServerUnaryCall<unknown, unknown> & CallHandle;
type Answer = grpc.sendUnaryData<unknown>;
type Handler = (call: AnyCall, answer: Answer) => void;

export function runningCalls(callerByPeer: (peer: string) => Caller | undefined): RunningCalls {
  const callers = new WeakMap<object, Caller>();
  /** Each running call with what ends it at once; undefined for a unary one. */
  const running = new Map<object, (() => void) | undefined>();
  const waiting = new Set<() => void>();
  let closing = false;

  function start(call: AnyCall, endStream: (() => void) | undefined): boolean {
    const caller = callerByPeer(call.getPeer());
    if (caller === undefined) {
      return false;
    }
    callers.set(call, caller);
    running.set(call, endStream);
    // grpc-js emits `cancelled` at the end of every call, however it ends.
    call.once('cancelled', () => finish(call));
    return true;
  }

  function finish(call: object): void {
    running.delete(call);
    if (running.size === 0) {
      for (const resolve of waiting) {
        resolve();
      }
      waiting.clear();
    }
  }

  function wrapOne(method: { requestStream: boolean; responseStream: boolean }, handler: Handler): Handler {
    return (call, answer) => {
      const refuse = (status: ClientStatus): void =>
        void (method.responseStream ? call.emit('error', status) : answer(status));
      if (closing) {
        refuse(STOPPING);
      } else if (start(call, method.responseStream ? () => refuse(STOPPING) : undefined)) {
        handler(call, answer);
      } else {
        refuse(statusOf(strangerError()));
      }
    };
  }

  return {
    wrap({ definition, implementation }) {
      return Object.fromEntries(
        Object.entries(definition).flatMap(([name, method]) => {
          const handler = implementation[name] ?? implementation[method.originalName ?? name];
          return handler === undefined
            ? []
            : [[name, wrapOne(method, handler.bind(implementation) as Handler) as grpc.UntypedHandleCall]];
        }),
      );
    },
    callerOf(call) {
      const caller = callers.get(call);
      if (caller === undefined) {
        throw strangerError();
      }
      return caller;
    },
    get count() {
      return running.size;
    },
    close() {
      closing = true;
      for (const endStream of [...running.values()]) {
        endStream?.();
      }
    },
    drained() {
      return running.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.add(resolve);
          });
    },
  };
}

function strangerError(): SallyportError {
  return new SallyportError('ERR_GRPC_CALLER_UNKNOWN', 'a call came by a connection nobody accepted');
}
