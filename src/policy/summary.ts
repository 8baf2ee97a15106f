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
