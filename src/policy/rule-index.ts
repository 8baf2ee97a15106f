import type { Sliced } from '../base/index.ts';
import { type CompiledRule, ruleHolds } from './compile-rule.ts';
import type { Evaluation } from './evaluation.ts';
import { namespacesOf } from './match/namespace.ts';
import { type PrefixTable, prefixTable } from './match/prefix-table.ts';
import { ANCHOR_SUBJECTS, type AnchorKey, type AnchorSubject, anchorsOf } from './rule-anchor.ts';

/** Finds the first rule, in their order, that holds. */
export interface RuleFinder {
  first(evaluation: Evaluation): CompiledRule | undefined;
}

/** Below this many rules looking at each costs less than looking anything up. */
const INDEX_FROM = 4;

export function* ruleFinder(rules: readonly CompiledRule[]): Sliced<RuleFinder> {
  return rules.length < INDEX_FROM ? scanRules(rules) : yield* indexRules(rules);
}

export function scanRules(rules: readonly CompiledRule[]): RuleFinder {
  return { first: (evaluation) => rules.find((rule) => ruleHolds(rule, evaluation)) };
}

/**
 * Files each rule under the values of one attribute that it cannot hold without, the one that tells it
 * best from the others. A request then meets the rules filed under its own values, and those that could
 * not be filed.
 */
export function* indexRules(rules: readonly CompiledRule[]): Sliced<RuleFinder> {
  const anchors: ReadonlyMap<AnchorSubject, readonly AnchorKey[]>[] = [];
  const shared = new Map<string, number>();
  for (const rule of rules) {
    const choices = anchorsOf(rule.rule);
    anchors.push(choices);
    for (const key of [...choices.values()].flat()) {
      shared.set(nameOf(key), (shared.get(nameOf(key)) ?? 0) + 1);
    }
    yield;
  }
  const costOf = (keys: readonly AnchorKey[]) =>
    keys.reduce((sum, key) => sum + (shared.get(nameOf(key)) ?? 0), 0);
  const drawers = new Map(ANCHOR_SUBJECTS.map((subject) => [subject, new Drawer(subject)]));
  const unfiled: number[] = [];
  for (const [position, choices] of anchors.entries()) {
    const [best] = [...choices].sort(([, a], [, b]) => costOf(a) - costOf(b));
    if (best === undefined) {
      unfiled.push(position);
    } else {
      const [subject, keys] = best;
      drawers.get(subject)?.file(position, keys);
    }
    yield;
  }
  const used = [...drawers.values()].filter((drawer) => drawer.isUsed);
  for (const drawer of used) {
    yield* drawer.close();
  }
  return new RuleIndex(rules, used, unfiled);
}

/**
 * What a verdict walks through is as few objects as may be: of a thousand workloads none is near the processor,
 * and each object on the way costs a wait for memory.
 */
class RuleIndex implements RuleFinder {
  readonly #rules: readonly CompiledRule[];
  readonly #firstDrawer: Drawer | undefined;
  readonly #otherDrawers: readonly Drawer[] | undefined;
  readonly #unfiled: readonly number[] | undefined;

  constructor(rules: readonly CompiledRule[], drawers: readonly Drawer[], unfiled: readonly number[]) {
    this.#rules = rules;
    [this.#firstDrawer] = drawers;
    this.#otherDrawers = drawers.length > 1 ? drawers.slice(1) : undefined;
    this.#unfiled = unfiled.length > 0 ? unfiled : undefined;
  }

  first(evaluation: Evaluation): CompiledRule | undefined {
    const search = { rules: this.#rules, evaluation, best: NO_RULE };
    this.#firstDrawer?.look(search);
    for (const drawer of this.#otherDrawers ?? NONE) {
      drawer.look(search);
    }
    if (this.#unfiled !== undefined) {
      tryPositions(search, this.#unfiled);
    }
    return search.best === NO_RULE ? undefined : this.#rules[search.best];
  }
}

const NO_RULE = Number.MAX_SAFE_INTEGER;

/** `best` is the earliest rule known to hold; rules behind it need no look. */
interface Search {
  readonly rules: readonly CompiledRule[];
  readonly evaluation: Evaluation;
  best: number;
}

/** Positions are ascending. */
function tryPositions(search: Search, positions: readonly number[]): void {
  for (const position of positions) {
    if (!mayBeBetter(search, position, false)) {
      return;
    }
  }
}

/** Takes the rule at a position if it holds; false when no later one need be tried. */
function mayBeBetter(search: Search, position: number, decides: boolean): boolean {
  if (position >= search.best) {
    return false;
  }
  const rule = search.rules[position];
  if (rule !== undefined && (decides || ruleHolds(rule, search.evaluation))) {
    search.best = position;
    return false;
  }
  return true;
}

/**
 * The position of a rule, twice, and one more when its key alone makes the rule hold. Small numbers stand in a
 * table itself; several of them are in ascending order.
 */
type Filed = number | number[];

function tryFiled(search: Search, filed: Filed | undefined): void {
  if (typeof filed === 'number') {
    mayBeBetter(search, filed >> 1, (filed & 1) === 1);
    return;
  }
  for (const one of filed ?? NONE) {
    if (!mayBeBetter(search, one >> 1, (one & 1) === 1)) {
      return;
    }
  }
}

/** The rules that are filed under values of one attribute. */
class Drawer {
  readonly #subject: AnchorSubject;
  readonly #exact = new Map<string, Filed>();
  readonly #prefix = new Map<string, Filed>();
  /** The positions of all rules in it. */
  readonly #everyone: number[] = [];
  #table: PrefixTable | undefined;
  #ofPrefix: readonly (Filed | undefined)[] = NONE;

  constructor(subject: AnchorSubject) {
    this.#subject = subject;
  }

  get isUsed(): boolean {
    return this.#everyone.length > 0;
  }

  file(position: number, keys: readonly AnchorKey[]): void {
    this.#everyone.push(position);
    for (const { kind, text, decides } of keys) {
      const filed = position * 2 + (decides ? 1 : 0);
      const drawer = kind === 'exact' ? this.#exact : this.#prefix;
      const others = drawer.get(text);
      if (typeof others === 'object') {
        others.push(filed);
      } else {
        drawer.set(text, others === undefined ? filed : [others, filed]);
      }
    }
  }

  /** Nothing is filed any more. */
  *close(): Sliced<void> {
    if (this.#prefix.size > 0) {
      const table = yield* prefixTable(this.#prefix.keys());
      this.#ofPrefix = table.prefixes.map((prefix) => this.#prefix.get(prefix));
      this.#table = table;
    }
  }

  look(search: Search): void {
    const values = valuesOf(this.#subject, search.evaluation);
    if (values === undefined) {
      tryPositions(search, this.#everyone);
      return;
    }
    for (const text of values) {
      tryFiled(search, this.#exact.get(text));
      this.#table?.some(text, (at) => {
        tryFiled(search, this.#ofPrefix[at]);
        return false;
      });
    }
  }
}

const NONE: readonly never[] = [];

/** Undefined when unknown: it may be any value. */
function valuesOf(subject: AnchorSubject, evaluation: Evaluation): readonly string[] | undefined {
  const { attributes } = evaluation;
  switch (subject) {
    case 'path':
      return attributes.http?.path === undefined ? NONE : [attributes.http.path];
    case 'host':
      return evaluation.host === undefined ? NONE : [evaluation.host];
    case 'method':
      return attributes.http === undefined ? NONE : [attributes.http.method];
    case 'principal':
      return attributes.source.principals;
    case 'namespace':
      return attributes.source.principals?.flatMap(namespacesOf);
    default:
      return subject satisfies never;
  }
}

function nameOf(key: AnchorKey): string {
  return `${key.subject} ${key.kind} ${key.text}`;
}
