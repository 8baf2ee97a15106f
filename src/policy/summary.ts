import type { PolicyObjects } from './model.ts';
import type { PolicySet } from './policy-set.ts';

export interface PolicyCount {
  readonly authorization: number;
  readonly requestAuthentication: number;
  readonly peerAuthentication: number;
}

/** For logs: how many objects of each kind a set was made of. */
export function policyCount(set: PolicySet): PolicyCount {
  const { authorization, requestAuthentication, peerAuthentication } = set.objects;
  return {
    authorization: authorization.length,
    requestAuthentication: requestAuthentication.length,
    peerAuthentication: peerAuthentication.length,
  };
}

/** The lower-case names of the headers that some rule of the set looks at. */
export function interestedHeaders(set: PolicySet): ReadonlySet<string> {
  const conditions = set.objects.authorization
    .flatMap((policy) => policy.rules)
    .flatMap((rule) => [...rule.from.flat(), ...rule.to.flat(), ...rule.when]);
  return new Set(conditions.flatMap(({ match }) => (match.subject === 'header' ? [match.name] : [])));
}

/** Whether any policy is for a Service or ServiceEntry, so that verdicts at a waypoint hang on which is meant. */
export function hasServiceTargets({ objects }: PolicySet): boolean {
  const known = serviceTargets.get(objects);
  if (known !== undefined) {
    return known;
  }
  const found = [...objects.authorization, ...objects.requestAuthentication].some(
    ({ attachment }) =>
      attachment.by === 'targets' &&
      attachment.targets.some(({ kind }) => kind === 'Service' || kind === 'ServiceEntry'),
  );
  serviceTargets.set(objects, found);
  return found;
}

const serviceTargets = new WeakMap<PolicyObjects, boolean>();
