import type { Lab, LabReply } from '../lab.ts';
import type { Got, HttpAct, Verdict } from '../lab-row.ts';
import { accessOfRequest, decisionOfRequest } from '../log-lines.ts';

/** Sends the request and gathers what Sallyport and the Envoys say of it. */
export async function performHttp(lab: Lab, act: HttpAct): Promise<Got> {
  const token = act.token === undefined ? undefined : await lab.token(act.token);
  const { method, path } = act;
  const sent = await lab.call(act.through, {
    method,
    path,
    headers: { ...act.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  });
  if (act.through.port === 'impostor') {
    return refusedByCaller(lab, act, sent);
  }
  const verdict = await verdictOf(lab, sent);
  return {
    ...verdict,
    note: '',
    problems: [
      ...reasonHeaderProblems(sent, verdict),
      ...(await metadataProblems(lab, act, sent, verdict)),
      ...arrivalProblems(act, sent),
    ],
  };
}

/** Status from the answer, the rest from Sallyport's own log. */
export async function verdictOf(lab: Lab, { requestId, reply }: LabReply): Promise<Verdict> {
  const decision = await decisionOfRequest(lab.service('sallyport').output.stdout, requestId);
  return {
    status: statusText(reply?.status),
    reason: decision?.reason ?? 'no_decision_logged',
    policy: decision?.policy,
    rule: decision?.rule,
  };
}

export function statusText(status: number | undefined): string {
  return status === undefined ? '-' : String(status);
}

/** The sidecar of the caller must have refused the certificate: nothing may have reached the other side. */
async function refusedByCaller(lab: Lab, act: HttpAct, { requestId, reply }: LabReply): Promise<Got> {
  const access = await accessOfRequest(lab.service(act.through.service).output.stdout, requestId);
  const isRefused = access?.upstreamFailure.includes('CERTIFICATE_VERIFY_FAILED') === true;
  return {
    status: statusText(reply?.status),
    reason: isRefused ? 'tls_refused' : 'tls_accepted',
    policy: undefined,
    rule: undefined,
    note: '',
    problems: [],
  };
}

/** A stranger is told the same reason as the log, by a code that names no policy. */
function reasonHeaderProblems({ reply }: LabReply, verdict: Verdict): readonly string[] {
  const header = reply?.headers['x-sallyport-reason'];
  const isDenied = reply !== undefined && reply.status >= 400;
  if (isDenied && header !== verdict.reason) {
    return [`header x-sallyport-reason is ${JSON.stringify(header ?? null)}`];
  }
  return !isDenied && header !== undefined ? ['header x-sallyport-reason on an allowed request'] : [];
}

/** The Envoy that asked has the reason too, as dynamic metadata, which its access log prints. */
async function metadataProblems(
  lab: Lab,
  act: HttpAct,
  { requestId }: LabReply,
  verdict: Verdict,
): Promise<readonly string[]> {
  const asker = act.through.service === 'edge' ? 'edge' : 'orders';
  const access = await accessOfRequest(lab.service(asker).output.stdout, requestId);
  const reason = access?.verdict?.['reason'];
  return reason === verdict.reason ? [] : [`dynamic metadata has reason ${JSON.stringify(reason ?? null)}`];
}

function arrivalProblems(act: HttpAct, { reply }: LabReply): readonly string[] {
  const wanted = Object.entries(act.arrives ?? {});
  if (wanted.length === 0 || reply === undefined) {
    return [];
  }
  const seen = headersSeen(reply.body);
  return wanted
    .filter(([name, value]) => (seen.get(name) ?? null) !== value)
    .map(
      ([name, value]) => `the workload did not see ${value === null ? `no ${name}` : `${name}: ${value}`}`,
    );
}

/** The headers of the echo service's answer. */
function headersSeen(body: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    const headers = typeof value === 'object' && value !== null && 'headers' in value ? value.headers : null;
    return new Map(Object.entries(headers ?? {}));
  } catch {
    return new Map();
  }
}
