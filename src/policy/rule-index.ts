import type { Sliced } from '../base/index.ts';
import { type CompiledRule, ruleHolds } from './compile-rule.ts';
import type { Evaluation } from './evaluation.ts';
import { namespacesOf } from './match/namespace.ts';
import { type PrefixTable, prefixTable } from './match/prefix-table.ts';
import { ANCHOR_SUBJECTS, type AnchorKey, type AnchorSubject, anchorsOf } from './rule-anchor.ts';

/** Finds the first rule, in their order, that holds. */
export type RuleFinder = (evaluation: Evaluation) => CompiledRule | undefined;

/** Below this many rules looking at each costs less than looking anything up. */
const INDEX_FROM = 4;

export function* ruleFinder(rules: readonly CompiledRule[]): Sliced<RuleFinder> {
  return rules.length < INDEX_FROM ? scanRules(rules) : yield* indexRules(rules);
}

export function scanRules(rules: readonly CompiledRule[]): RuleFinder {
  return (evaluation) => rules.find((rule) => ruleHolds(rule, evaluation));
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
  const drawers = new Map(ANCHOR_SUBJECTS.map((subject) => [subject, newDrawer()]));
  const unfiled: number[] = [];
  for (const [position, choices] of anchors.entries()) {
    const [best] = [...choices].sort(([, a], [, b]) => costOf(a) - costOf(b));
    if (best === undefined) {
      unfiled.push(position);
    } else {
      const [subject, keys] = best;
      const drawer = drawers.get(subject);
      drawer?.everyone.push(position);
      for (const { kind, text, decides } of keys) {
        file(drawer?.[kind], text, { position, decides });
      }
    }
    yield;
  }
  const lookups: LookUp[] = [];
  for (const [subject, drawer] of drawers) {
    if (drawer.exact.size + drawer.prefix.size > 0) {
      lookups.push(lookUpIn(drawer, subject, yield* prefixTable(drawer.prefix.keys())));
    }
  }
  return (evaluation) => {
    const search = { rules, evaluation, best: rules.length };
    for (const lookUp of lookups) {
      lookUp(search);
    }
    tryPositions(search, unfiled);
    return rules[search.best];
  };
}

/** `best` is the earliest rule known to hold; rules behind it need no look. */
interface Search {
  readonly rules: readonly CompiledRule[];
  readonly evaluation: Evaluation;
  best: number;
}

/** Positions are ascending. */
function tryPositions(search: Search, positions: readonly number[]): void {
  for (const position of positions) {
    if (position >= search.best) {
      return;
    }
    const rule = search.rules[position];
    if (rule !== undefined && ruleHolds(rule, search.evaluation)) {
      search.best = position;
      return;
    }
  }
}

/** `decides`: its key alone makes the rule hold. */
interface Filed {
  readonly position: number;
  readonly decides: boolean;
}

/** In ascending order. */
function tryFiled(search: Search, filed: readonly Filed[]): void {
  for (const { position, decides } of filed) {
    if (position >= search.best) {
      return;
    }
    const rule = search.rules[position];
    if (rule !== undefined && (decides || ruleHolds(rule, search.evaluation))) {
      search.best = position;
      return;
    }
  }
}

interface Drawer {
  /** The positions of all rules in it. */
  readonly everyone: number[];
  readonly exact: Map<string, Filed[]>;
  readonly prefix: Map<string, Filed[]>;
}

function newDrawer(): Drawer {
  return { everyone: [], exact: new Map(), prefix: new Map() };
}

function file(drawer: Map<string, Filed[]> | undefined, text: string, filed: Filed): void {
  const others = drawer?.get(text);
  if (others === undefined) {
    drawer?.set(text, [filed]);
  } else {
    others.push(filed);
  }
}

type LookUp = (search: Search) => void;

function lookUpIn(drawer: Drawer, subject: AnchorSubject, table: PrefixTable): LookUp {
  const ofPrefix = table.prefixes.map((prefix) => drawer.prefix.get(prefix) ?? []);
  const hasPrefixes = table.prefixes.length > 0;
  return (search) => {
    const values = valuesOf(subject, search.evaluation);
    if (values === undefined) {
      tryPositions(search, drawer.everyone);
      return;
    }
    for (const text of values) {
      tryFiled(search, drawer.exact.get(text) ?? NONE);
      if (hasPrefixes) {
        table.some(text, (at) => {
          tryFiled(search, ofPrefix[at] ?? NONE);
          return false;
        });
      }
    }
  };
}

const NONE: readonly never[] = [];

/** Undefined when unknown: it may be any value. */
function valuesOf(subject: AnchorSubject, { attributes, host }: Evaluation): readonly string[] | undefined {
  switch (subject) {
    case 'path':
      return attributes.http?.path === undefined ? NONE : [attributes.http.path];
    case 'host':
      return host === undefined ? NONE : [host];
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
