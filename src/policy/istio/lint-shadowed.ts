import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt } from '../../manifest/index.ts';
import type { Rule } from '../model.ts';
import { type AnchorKey, anchorsOf } from '../rule-anchor.ts';
import { ruleCovers } from '../rule-cover.ts';
import type { CoverBudget } from '../value-cover.ts';
import type { LoadedPolicy } from './loaded-policy.ts';

/** Warnings for rules that change nothing, since another of the same action for the same workloads covers them. */
export function lintShadowed(loaded: readonly LoadedPolicy[], budget: CoverBudget): readonly Diagnostic[] {
  const alike = Map.groupBy(loaded, ({ policy: { ref, attachment, action, dryRun, provider } }) =>
    JSON.stringify([ref.namespace, attachment, action, dryRun, provider]),
  );
  return [...alike.values()].flatMap((group) => {
    const entries = group.flatMap(({ object, policy }, at) =>
      policy.rules.map((rule) => ({ object, policy, rule, order: [at, rule.index] as const })),
    );
    return entries.length < 2 ? [] : lintGroup(entries, budget);
  });
}

interface Entry extends LoadedPolicy {
  readonly rule: Rule;
  /** Policy, then rule. */
  readonly order: readonly [number, number];
}

function lintGroup(entries: readonly Entry[], budget: CoverBudget): readonly Diagnostic[] {
  const candidates = coverers(entries);
  const findings: Diagnostic[] = [];
  for (const entry of entries) {
    const cover = firstCover(entry, candidates(entry), budget);
    if (cover !== undefined) {
      findings.push(shadowed(entry, cover));
    }
    if (budget.left < 0) {
      break;
    }
  }
  return findings;
}

function firstCover(
  entry: Entry,
  lists: readonly (readonly Entry[])[],
  budget: CoverBudget,
): Entry | undefined {
  for (const list of lists) {
    for (const other of list) {
      budget.left -= 1;
      if (budget.left < 0) {
        return undefined;
      }
      if (isCoveredBy(entry, other, budget)) {
        return other;
      }
    }
  }
  return undefined;
}

/** Of two that cover each other, the first stays. */
function isCoveredBy(entry: Entry, other: Entry, budget: CoverBudget): boolean {
  // On TCP an ALLOW rule with an HTTP condition falls away whole, and what it covers may not.
  const survives = entry.policy.action === 'ALLOW' && hasHttp(other.rule) && !hasHttp(entry.rule);
  return (
    entry !== other &&
    !survives &&
    ruleCovers(other.rule, entry.rule, budget) &&
    (isBefore(other, entry) || !ruleCovers(entry.rule, other.rule, budget))
  );
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.order[0] - b.order[0] < 0 || (a.order[0] === b.order[0] && a.order[1] < b.order[1]);
}

const HTTP: ReadonlySet<string> = new Set(['host', 'method', 'path', 'requestPrincipal', 'header', 'claim']);

function hasHttp({ from, to, when }: Rule): boolean {
  return [...from.flat(), ...to.flat(), ...when].some(({ match }) => HTTP.has(match.subject));
}

/**
 * Which rules may cover one: those that are filed under no exact value, and those that are filed under one of
 * its own. Each is filed under its rarest, which keeps the work in bounds where there are hundreds of rules.
 */
function coverers(entries: readonly Entry[]): (entry: Entry) => readonly (readonly Entry[])[] {
  const anchors = new Map(entries.map((entry) => [entry, [...anchorsOf(entry.rule).values()]]));
  const uses = new Map<string, number>();
  for (const key of [...anchors.values()].flat(2).map(fileKey)) {
    uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  const useOf = (keys: readonly AnchorKey[]) =>
    keys.reduce((sum, key) => sum + (uses.get(fileKey(key)) ?? 0), 0);
  const loose: Entry[] = [];
  const filed = new Map<string, Entry[]>();
  for (const [entry, choices] of anchors) {
    const [rarest] = choices
      .filter((keys) => keys.length > 0 && keys.every(({ kind }) => kind === 'exact'))
      .sort((a, b) => useOf(a) - useOf(b));
    if (rarest === undefined) {
      loose.push(entry);
    }
    for (const key of new Set((rarest ?? []).map(fileKey))) {
      const there = filed.get(key);
      if (there === undefined) {
        filed.set(key, [entry]);
      } else {
        there.push(entry);
      }
    }
  }
  return (entry) => [
    ...(anchors.get(entry) ?? []).flatMap(([first]) => {
      const there = first === undefined ? undefined : filed.get(fileKey(first));
      return there === undefined ? [] : [there];
    }),
    loose,
  ];
}

function fileKey({ subject, text }: AnchorKey): string {
  return `${subject} ${text}`;
}

function shadowed({ object, policy, rule }: Entry, cover: Entry): Diagnostic {
  const where = cover.policy === policy ? '' : ` of policy \`${cover.policy.ref.name}\``;
  return diagnosticAt(object, ['spec', 'rules', rule.index], {
    code: 'ERR_LINT_SHADOWED',
    severity: 'warning',
    message: `rule ${rule.index} changes nothing: whatever it matches, rule ${cover.rule.index}${where} matches too`,
    hint: 'remove it, or narrow the other',
  });
}
