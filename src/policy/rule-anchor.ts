import { isOneSegment } from './match/namespace.ts';
import { literalPrefix } from './match/path-template.ts';
import type { Condition, ConditionGroup, Match, Rule } from './model.ts';

/** The attributes by which rules can be filed: read as text, and for most requests known. */
export const ANCHOR_SUBJECTS = ['path', 'host', 'method', 'principal', 'namespace'] as const;

export type AnchorSubject = (typeof ANCHOR_SUBJECTS)[number];

/** A rule with this key cannot hold unless the attribute is, or begins with, the text. */
export interface AnchorKey {
  readonly subject: AnchorSubject;
  readonly kind: 'exact' | 'prefix';
  readonly text: string;
  /** The rule asks for nothing else: wherever the key is found, it holds. */
  readonly decides: boolean;
}

/**
 * For each attribute that a rule cannot do without, the values of which one has to be there: every
 * alternative of `from` or of `to` names it, or `when` does, and only by exact and prefix forms.
 */
export function anchorsOf(rule: Rule): ReadonlyMap<AnchorSubject, readonly AnchorKey[]> {
  const anchors = new Map<AnchorSubject, readonly AnchorKey[]>();
  for (const subject of ANCHOR_SUBJECTS) {
    const keys = [rule.to, rule.from, [rule.when]]
      .map((groups) => keysOf(groups, subject, rule))
      .find((found) => found !== undefined);
    if (keys !== undefined) {
      anchors.set(subject, keys);
    }
  }
  return anchors;
}

function keysOf(
  groups: readonly ConditionGroup[],
  subject: AnchorSubject,
  { from, to, when }: Rule,
): readonly AnchorKey[] | undefined {
  if (groups.length === 0) {
    return undefined;
  }
  const isWholeRule = groups.length === from.length + to.length + Math.min(when.length, 1);
  const keys: AnchorKey[] = [];
  for (const group of groups) {
    const isAlone = isWholeRule && group.length === 1;
    const found = group
      .map((condition) => keysOfCondition(condition, subject, isAlone))
      .find((some) => some !== undefined);
    if (found === undefined || keys.length + found.length > KEYS_MAX) {
      return undefined;
    }
    keys.push(...found);
  }
  return keys;
}

/** A rule that names more values is rare enough to be looked at each time, and filing it takes long. */
const KEYS_MAX = 1000;

function keysOfCondition(
  condition: Condition,
  subject: AnchorSubject,
  isAlone: boolean,
): readonly AnchorKey[] | undefined {
  const { match, negated } = condition;
  if (negated || match.values.length > KEYS_MAX) {
    return undefined;
  }
  if (subject === 'namespace') {
    return keysOfNamespaces(match);
  }
  if (match.subject !== subject) {
    return undefined;
  }
  const scheme = subject === 'principal' ? 'spiffe://' : '';
  const keys: AnchorKey[] = [];
  for (const value of match.values) {
    if (value.kind === 'template') {
      keys.push({ subject, kind: 'prefix', text: literalPrefix(value), decides: false });
    } else if (value.kind === 'exact' || value.kind === 'prefix') {
      keys.push({ subject, kind: value.kind, text: scheme + value.text, decides: isAlone });
    } else {
      return undefined;
    }
  }
  return keys;
}

/** A service account is one of its namespace, too. */
function keysOfNamespaces(match: Match): readonly AnchorKey[] | undefined {
  if (match.subject !== 'namespace' && match.subject !== 'serviceAccount') {
    return undefined;
  }
  const names = match.values.map((value) => (typeof value === 'string' ? value : value.namespace));
  return names.every(isOneSegment)
    ? names.map((text) => ({ subject: 'namespace', kind: 'exact', text, decides: false }))
    : undefined;
}
