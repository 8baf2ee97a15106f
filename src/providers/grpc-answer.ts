import type { ProviderAnswer } from '../authz/index.ts';
import { readProviderReply } from '../proto/index.ts';
import { denialStatus, failed, HOP_BY_HOP, NO_MUTATIONS, sendable } from './answer.ts';

/** What a CheckResponse means, read as Envoy reads it; without one an allowance could be anything. */
export function answerOfCheck(bytes: Uint8Array): ProviderAnswer {
  const reply = readProviderReply(bytes);
  switch (reply?.kind) {
    case undefined:
      return failed('reply', 'the answer is no CheckResponse, or over a limit');
    case 'error': {
      const status = reply.httpStatus;
      const isStatus = status !== undefined && status >= 400 && status <= 599;
      return failed('status', 'the answer is an `error_response`', isStatus ? { httpStatus: status } : {});
    }
    case 'ok': {
      const { kind: _, metadata, ...mutations } = reply;
      const headers = sendable(mutations.headers);
      const responseHeaders = sendable(mutations.responseHeaders);
      const isFraming = headers?.some(({ name }) => HOP_BY_HOP.has(name)) === true;
      // Envoy writes them into the request line as they are.
      const isBrokenQuery = mutations.setQueryParameters.some(({ name, value }) =>
        /[\0-\x20\x7f#]/.test(name + value),
      );
      return headers === undefined || responseHeaders === undefined || isFraming || isBrokenQuery
        ? failed('reply', 'the answer sets a header or parameter that cannot be sent')
        : { kind: 'allow', mutations: { ...NO_MUTATIONS, ...mutations, headers, responseHeaders }, metadata };
    }
    case 'denied': {
      const headers = sendable(reply.headers)?.filter(({ name }) => !HOP_BY_HOP.has(name));
      return headers === undefined
        ? failed('reply', 'the answer sets a header that cannot be sent')
        : {
            kind: 'deny',
            httpStatus: denialStatus(reply.httpStatus),
            headers: headers.map(({ name, value }) => ({ name, value })),
            body: reply.body,
            metadata: reply.metadata,
          };
    }
  }
}
