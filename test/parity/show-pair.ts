import { stringify } from 'yaml';
import type { Answer } from './answer.ts';
import type { PairResult } from './chunk.ts';
import { JUDGES } from './envoy-config.ts';

/** Everything needed to see a difference: policies, request, answers. */
export function showPair({ set, request, transport, answers }: PairResult, what: string): string {
  const policies = set.policies.map((policy) => stringify(policy, { lineWidth: 0 })).join('---\n');
  return [
    `=== ${what} (${transport}, set ${set.index})`,
    `mesh: ${JSON.stringify(set.mesh)}`,
    policies.trimEnd(),
    `--- request\n${stringify(request, { lineWidth: 0 }).trimEnd()}`,
    ...JUDGES.map((judge) => `--- ${judge}: ${showAnswer(answers[judge])}`),
    '',
  ].join('\n');
}

function showAnswer({ status, body, headers, upstream }: Answer): string {
  return upstream === undefined
    ? `${status} ${JSON.stringify(body)} ${JSON.stringify(headers)}`
    : `${status}, and the workload saw ${JSON.stringify(upstream)}`;
}
