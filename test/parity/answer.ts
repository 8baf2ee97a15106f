import type { RawResponse } from './http-client.ts';
import type { SeenRequest } from './upstream.ts';

/** What of an answer must be the same whoever judges. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the workload saw; undefined when the request did not get there. */
  readonly upstream: SeenRequest | undefined;
}

const COMPARED_HEADERS = ['www-authenticate', 'content-type', 'grpc-status', 'grpc-message'] as const;

export function answerOf({ status, headers, body }: RawResponse): Answer {
  const isFromUpstream = status === 200 && headers.get('content-type') === 'application/json';
  const chosen = COMPARED_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    status,
    body: isFromUpstream ? '' : body,
    headers: Object.fromEntries(chosen),
    upstream: isFromUpstream ? (JSON.parse(body) as SeenRequest) : undefined,
  };
}

export type Verdict = 'allow' | 'deny' | 'other';

/** `other`: Envoy itself refused the request, before any filter. */
export function verdictOf(answer: Answer): Verdict {
  if (answer.upstream !== undefined) {
    return 'allow';
  }
  const isDenial =
    answer.status === 403 ||
    answer.status === 401 ||
    ['7', '16'].includes(answer.headers['grpc-status'] ?? '');
  return isDenial ? 'deny' : 'other';
}

export function sameAnswer(a: Answer, b: Answer): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
