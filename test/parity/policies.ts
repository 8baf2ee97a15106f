import fc from 'fast-check';
import type { PolicyObject } from './case.ts';
import { type ParityMesh, WORKLOAD } from './mesh.ts';
import { ODD_SUBJECTS } from './odd-subjects.ts';
import { type Subject, subjectsOf, twinOf } from './subjects.ts';
import { tokenPolicies } from './token-policies.ts';

/** One condition in one form, which a set of policies is built around. */
export interface Focus {
  readonly subject: Subject;
  readonly form: string;
  readonly negated: boolean;
}

export function fociOf(mesh: ParityMesh): readonly Focus[] {
  return subjectsOf(mesh).flatMap((subject) =>
    Object.keys(subject.forms).flatMap((form) => [
      { subject, form, negated: false },
      { subject, form, negated: true },
    ]),
  );
}

/** A set around a condition: a rule in which little else is asked, and perhaps others beside it. */
export function focusedPolicies(mesh: ParityMesh, focus: Focus): fc.Arbitrary<readonly PolicyObject[]> {
  const values = someOf(focus.subject.forms[focus.form] ?? [], 2);
  const own = fc
    .tuple(values, fc.constantFrom('ALLOW', 'DENY'))
    .map(([list, action]) =>
      authorization('focus', action, [
        ruleOf([{ subject: focus.subject, negated: focus.negated, values: list }]),
      ]),
    );
  const needsToken = focus.subject.dimension === 'token';
  return fc
    .tuple(
      own,
      fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: otherPolicy(mesh) }),
      needsToken ? tokenPolicies('plain') : fc.oneof(...NO_TOKENS, tokenPolicies('any')),
    )
    .map(([policy, other, tokens]) => [policy, ...(other === null ? [] : [other]), ...tokens]);
}

/** A set without a plan. */
export function anyPolicies(mesh: ParityMesh): fc.Arbitrary<readonly PolicyObject[]> {
  return fc
    .tuple(
      fc.array(otherPolicy(mesh), { minLength: 1, maxLength: 3 }),
      fc.oneof(tokenPolicies('any'), tokenPolicies('plain')),
    )
    .map(([policies, tokens]) => [...policies, ...tokens])
    .map(withUniqueNames);
}

/** A set around tokens. */
export function tokenSets(mesh: ParityMesh): fc.Arbitrary<readonly PolicyObject[]> {
  return fc
    .tuple(fc.option(otherPolicy(mesh), { freq: 1 }), tokenPolicies('any'))
    .map(([other, tokens]) => [...(other === null ? [] : [other]), ...tokens]);
}

const none: fc.Arbitrary<readonly PolicyObject[]> = fc.constant([]);
const NO_TOKENS = [none, none, none, none, none, none] as const;

function someOf(pool: readonly string[], most: number): fc.Arbitrary<readonly string[]> {
  return fc.subarray([...pool], { minLength: 1, maxLength: Math.min(most, pool.length) });
}

interface Term {
  readonly subject: Subject;
  readonly negated: boolean;
  readonly values: readonly string[];
}

function otherPolicy(mesh: ParityMesh): fc.Arbitrary<PolicyObject> {
  const term: fc.Arbitrary<Term> = fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...subjectsOf(mesh)) },
      { weight: 1, arbitrary: fc.constantFrom(...ODD_SUBJECTS) },
    )
    .chain((subject) =>
      fc
        .tuple(someOf(Object.values(subject.forms).flat(), 3), fc.boolean())
        .map(([values, negated]) => ({ subject, negated, values })),
    );
  const rule = fc.oneof(
    { weight: 9, arbitrary: fc.array(term, { minLength: 1, maxLength: 3 }).map(ruleOf) },
    { weight: 1, arbitrary: fc.constant({}) },
  );
  return fc
    .record({
      namespace: fc.constantFrom(WORKLOAD.namespace, WORKLOAD.namespace, mesh.rootNamespace, 'shop'),
      action: fc.constantFrom('ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT'),
      dryRun: fc.constantFrom(undefined, undefined, undefined, undefined, 'true', 'F'),
      attachment: fc.constantFrom<object>(
        {},
        {},
        { selector: { matchLabels: { app: 'orders' } } },
        { selector: { matchLabels: { app: 'other' } } },
        { selector: {} },
        // No sidecar is meant by it.
        { targetRefs: [{ kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'edge' }] },
      ),
      rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
    })
    .map(({ namespace, action, dryRun, attachment, rules }) => {
      const policy = authorization('other', action, rules);
      return {
        ...policy,
        metadata: {
          name: 'other',
          namespace,
          ...(dryRun === undefined || action === 'AUDIT'
            ? {}
            : { annotations: { 'istio.io/dry-run': dryRun } }),
        },
        spec: { ...attachment, ...policy.spec },
      };
    });
}

function authorization(name: string, action: string, rules: readonly object[]): PolicyObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace: WORKLOAD.namespace },
    spec: { action, rules },
  };
}

/** Terms of one source or operation go into one entry, unless the same field comes twice or Istio forbids it. */
function ruleOf(terms: readonly Term[]): object {
  const entries = (place: 'source' | 'operation') => {
    const merged: Record<string, readonly string[]>[] = [];
    for (const { subject, negated, values } of terms.filter((term) => term.subject.place === place)) {
      const field = negated ? twinOf(subject.name) : subject.name;
      const home = merged.find((entry) => !(field in entry) && !conflicts(entry, field));
      if (home === undefined) {
        merged.push({ [field]: values });
      } else {
        home[field] = values;
      }
    }
    return merged.map((entry) => ({ [place]: entry }));
  };
  const from = entries('source');
  const to = entries('operation');
  const when = terms
    .filter(({ subject }) => subject.place === 'when')
    .map(({ subject, negated, values }) => ({
      key: subject.name,
      [negated ? 'notValues' : 'values']: values,
    }));
  return {
    ...(from.length === 0 ? {} : { from }),
    ...(to.length === 0 ? {} : { to }),
    ...(when.length === 0 ? {} : { when }),
  };
}

function conflicts(entry: object, field: string): boolean {
  const fields = [...Object.keys(entry), field].map((name) => name.toLowerCase());
  const has = (end: string) => fields.some((name) => name.endsWith(end));
  return has('serviceaccounts') && fields.some((name) => /^(?:not)?(?:principals|namespaces)$/.test(name));
}

function withUniqueNames(policies: readonly PolicyObject[]): readonly PolicyObject[] {
  return policies.map((policy, index) => ({
    ...policy,
    metadata: { ...policy.metadata, name: `${policy.metadata.name}-${index}` },
  }));
}
