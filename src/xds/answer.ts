import type { RpcStatus } from '../proto/index.ts';
import {
  lastNonce,
  type PendingResponse,
  type Sent,
  type StreamEvent,
  type StreamState,
} from './stream-state.ts';

/** What a request says about an earlier response. */
export interface Answer {
  readonly nonce: string;
  readonly error: RpcStatus | null;
  /** SotW only: the version the client now holds. */
  readonly version: string | undefined;
}

export interface Settled {
  readonly state: StreamState;
  readonly events: readonly StreamEvent[];
  /** `none`: it answers nothing; `repeated`: it names the last response again, which is answered already. */
  readonly kind: 'none' | 'repeated' | 'accepted' | 'rejected' | 'stale';
}

const REASON_LENGTH_MAX = 500;

/**
 * Takes an ACK or NACK to the books. In the SotW protocol an answer stands for all earlier responses too,
 * since clients may merge their answers; in Delta each response has its own.
 */
export function settle(state: StreamState, answer: Answer, isCumulative: boolean): Settled {
  const { nonce, error, version } = answer;
  if (nonce === '') {
    return { state, events: [], kind: 'none' };
  }
  const index = state.pending.findIndex((response) => response.nonce === nonce);
  const response = state.pending[index];
  if (response === undefined) {
    const isLast = nonce === lastNonce(state) && error === null;
    return isLast
      ? { state, events: [], kind: 'repeated' }
      : { state, events: [{ kind: 'stale', nonce }], kind: 'stale' };
  }
  const isRejected = error !== null || (version !== undefined && version !== response.version);
  const sent = new Map(state.sent);
  for (const earlier of isCumulative ? state.pending.slice(0, index) : []) {
    mark(sent, earlier, 'accepted');
  }
  mark(sent, response, isRejected ? 'rejected' : 'accepted');
  const pending = isCumulative
    ? state.pending.slice(index + 1)
    : state.pending.filter((other) => other !== response);
  const names = response.resources.map(({ name }) => name);
  return {
    state: { ...state, sent, pending },
    events: [
      isRejected
        ? { kind: 'rejected', nonce, names, reason: reasonOf(error) }
        : { kind: 'accepted', nonce, names },
    ],
    kind: isRejected ? 'rejected' : 'accepted',
  };
}

/** Only what is still the last content under its name; a newer one waits for its own answer. */
function mark(sent: Map<string, Sent>, response: PendingResponse, answer: Sent['answer']): void {
  for (const { name, version } of response.resources) {
    if (sent.get(name)?.version === version) {
      sent.set(name, { version, answer });
    }
  }
}

function reasonOf(error: RpcStatus | null): string {
  return error === null
    ? 'the client holds another version and gives no reason'
    : error.message.slice(0, REASON_LENGTH_MAX);
}
