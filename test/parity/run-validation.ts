import fc from 'fast-check';
import { type Diagnostic, hasErrors } from '../../src/base/index.ts';
import { parseTrustDomain } from '../../src/identity/index.ts';
import { readManifests } from '../../src/manifest/index.ts';
import { loadPolicies } from '../../src/policy/index.ts';
import { type TriedObject, triedObjects } from './broken-objects.ts';
import { explainRefusal } from './explain-refusal.ts';
import { WORKLOAD } from './mesh.ts';
import { type Oracle, startOracle } from './oracle.ts';

export interface ValidationOptions {
  readonly objects: number;
  readonly seed: number;
  print(line: string): void;
}

const SHOWN_MAX = 10;
const SHARE_PERCENT_MIN = 20;

/** Whether both refuse the same objects, but for what may be refused beyond Istio's webhook. */
export async function runValidation({ objects, seed, print }: ValidationOptions): Promise<boolean> {
  const oracle = startOracle();
  const counts = { 'both take': 0, 'both refuse': 0, 'no answer': 0, 'refused beyond the webhook': 0 };
  const reasons = new Map<string, number>();
  let wrong = 0;
  try {
    for (const tried of fc.sample(triedObjects(), { numRuns: objects, seed })) {
      const finding = await compare(tried, oracle);
      if (finding.kind === 'wrong') {
        wrong += 1;
        if (wrong <= SHOWN_MAX) {
          print(`=== ${finding.what}\n${JSON.stringify(tried.object)}\nbent: ${tried.bends.join('; ')}\n`);
        }
        continue;
      }
      counts[finding.kind] += 1;
      for (const reason of finding.reasons) {
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
  } finally {
    oracle.stop();
  }
  print(
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
  print(
    `beyond the webhook: ${[...reasons]
      .map(([reason, count]) => `${reason} ${count}`)
      .sort()
      .join(', ')}`,
  );
  const few = (['both take', 'both refuse'] as const).filter(
    (kind) => (100 * counts[kind]) / objects < SHARE_PERCENT_MIN,
  );
  for (const kind of few) {
    print(`too little: \`${kind}\` is less than ${SHARE_PERCENT_MIN} %`);
  }
  print(`${objects} objects, seed ${seed}: ${wrong} wrong`);
  return wrong === 0 && few.length === 0;
}

type Finding =
  | {
      readonly kind: 'both take' | 'both refuse' | 'no answer' | 'refused beyond the webhook';
      readonly reasons: readonly string[];
    }
  | { readonly kind: 'wrong'; readonly what: string };

async function compare({ object }: TriedObject, oracle: Oracle): Promise<Finding> {
  const yaml = JSON.stringify(object);
  const answer = await oracle.ask({
    yaml,
    namespace: WORKLOAD.namespace,
    labels: WORKLOAD.labels,
    trustDomain: 'td1',
    aliases: [],
    rootNamespace: 'istio-system',
    tcp: false,
  });
  const theirs = 'error' in answer ? answer.error : undefined;
  const errors = problemsOf(yaml);
  const isTaken = errors.length === 0;
  if (theirs?.startsWith('panic') === true) {
    return { kind: 'no answer', reasons: [] };
  }
  if (theirs !== undefined) {
    return isTaken
      ? { kind: 'wrong', what: `taken, and Istio refuses: ${theirs}` }
      : { kind: 'both refuse', reasons: [] };
  }
  if (isTaken) {
    return { kind: 'both take', reasons: [] };
  }
  const unexplained = errors.find((error) => explainRefusal(error) === undefined);
  return unexplained === undefined
    ? { kind: 'refused beyond the webhook', reasons: errors.map((error) => explainRefusal(error) ?? '') }
    : {
        kind: 'wrong',
        what: `Istio takes it, and it is refused: ${unexplained.code} ${unexplained.path}: ${unexplained.message}`,
      };
}

const MESH = { trustDomain: parseTrustDomain('td1'), trustDomainAliases: [], rootNamespace: 'istio-system' };

function problemsOf(yaml: string): readonly Diagnostic[] {
  const manifests = readManifests([{ path: 'p.yaml', text: yaml }]);
  const policies = hasErrors(manifests.diagnostics) ? undefined : loadPolicies(manifests.value ?? [], MESH);
  return [...manifests.diagnostics, ...(policies?.diagnostics ?? [])].filter(
    ({ severity }) => severity === 'error',
  );
}
