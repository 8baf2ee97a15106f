import type { AskProvider } from '../authz/index.ts';
import { LIMITS } from '../base/index.ts';
import { failed } from './answer.ts';
import type { ProviderClient } from './client.ts';

/** What the open questions of all providers hold in memory, bytes. */
export interface OpenBytes {
  total: number;
}

/**
 * A service that hangs fills no memory: beyond the number of questions, they fail at once. Beyond the bytes of all
 * open ones they are denied whatever `failOpen` says, for a few large bodies of a stranger would be enough.
 */
export function bounded(client: ProviderClient, openBytes: OpenBytes): AskProvider {
  let open = 0;
  return async (question, waitMillis) => {
    if (open >= LIMITS.providerCalls) {
      return failed('busy', `more than ${LIMITS.providerCalls} questions are open`);
    }
    const { byteLength } = question.bytes;
    if (openBytes.total + byteLength > LIMITS.providerOpenBytes) {
      return failed('question', `more than ${LIMITS.providerOpenBytes} bytes are in open questions`);
    }
    open += 1;
    openBytes.total += byteLength;
    try {
      return await client.ask(question, waitMillis);
    } catch (cause) {
      return failed('reply', 'the question or its answer could not be handled', { cause });
    } finally {
      open -= 1;
      openBytes.total -= byteLength;
    }
  };
}
