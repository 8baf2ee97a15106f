import { verdictOf } from './answer.ts';
import type { Certificates } from './certificates.ts';
import type { PairResult } from './chunk.ts';
import { conditionName, conditionsOf } from './conditions.ts';
import type { Ports } from './materialize.ts';
import { MESHES } from './mesh.ts';
import { naiveEffect, naiveRequest } from './naive.ts';
import { subjectsOf } from './subjects.ts';

/** What a run has tried; a generator that only makes easy cases fails by it. */
export interface Coverage {
  add(pair: PairResult, made: { readonly certificates: Certificates; readonly ports: Ports }): void;
  /** Lines for people, and what is too little. */
  report(): { readonly lines: readonly string[]; readonly lacks: readonly string[] };
  /** Names of conditions that decide too few pairs. */
  rare(): readonly string[];
}

const DECIDING_PAIRS_MIN = 5;
const VERDICT_PERCENT_MIN = 30;

export function createCoverage(): Coverage {
  const decided = new Map<string, number>();
  const verdicts = { allow: 0, deny: 0, other: 0 };
  for (const subject of MESHES.flatMap(subjectsOf)) {
    for (const form of Object.keys(subject.forms)) {
      for (const negated of [false, true]) {
        decided.set(conditionName(subject.place, subject.name, form, negated), 0);
      }
    }
  }
  const rare = () => [...decided].filter(([, count]) => count < DECIDING_PAIRS_MIN);
  return {
    rare: () => rare().map(([name]) => name),
    add(pair, made) {
      const verdict = verdictOf(pair.answers.istio);
      verdicts[verdict] += 1;
      for (const name of decidingConditions(pair, made)) {
        decided.set(name, (decided.get(name) ?? 0) + 1);
      }
    },
    report() {
      const all = verdicts.allow + verdicts.deny + verdicts.other;
      const percent = (count: number) => (all === 0 ? 0 : (100 * count) / all);
      const entries = [...decided].sort(([, a], [, b]) => a - b);
      const [least] = entries;
      const lines = [
        `verdicts of Istio: ${percent(verdicts.allow).toFixed(1)} % allowed, ${percent(verdicts.deny).toFixed(1)} % denied, ${percent(verdicts.other).toFixed(1)} % refused by Envoy itself`,
        `conditions in each form and with \`not\`: ${decided.size}; the least often deciding one decides ${least?.[1]} pairs (${least?.[0]})`,
      ];
      const lacks = [
        ...(['allow', 'deny'] as const)
          .filter((verdict) => percent(verdicts[verdict]) < VERDICT_PERCENT_MIN)
          .map(
            (verdict) => `only ${percent(verdicts[verdict]).toFixed(1)} % of the pairs are \`${verdict}\``,
          ),
        ...rare().map(([name, count]) => `\`${name}\` decides only ${count} pairs`),
      ];
      return { lines, lacks };
    },
  };
}

/** The conditions which, turned round, turn the verdict round. */
function decidingConditions(
  { set, request, answers }: PairResult,
  made: { readonly certificates: Certificates; readonly ports: Ports },
): readonly string[] {
  const { istio } = answers;
  const isByPolicy = istio.status === 403 ? istio.body.startsWith('RBAC') : istio.upstream !== undefined;
  const naive = isByPolicy ? naiveRequest(request, set.mesh, set.policies, made) : undefined;
  if (naive === undefined) {
    return [];
  }
  const before = naiveEffect(set.policies, set.mesh, naive, made.ports);
  if (before !== verdictOf(istio)) {
    return [];
  }
  return conditionsOf(set.policies, subjectsOf(set.mesh))
    .filter(({ flipped }) => naiveEffect(flipped, set.mesh, naive, made.ports) !== before)
    .map(({ name }) => name);
}
