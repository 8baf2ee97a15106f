import type { PolicyObjects } from '../policy/index.ts';

/** The policies with the allowed algorithms of the settings in each rule that names one of these issuers. */
export function limitAlgorithms(
  policies: PolicyObjects,
  byIssuer: ReadonlyMap<string, readonly string[]>,
): PolicyObjects {
  if (byIssuer.size === 0) {
    return policies;
  }
  return {
    ...policies,
    requestAuthentication: policies.requestAuthentication.map((policy) => ({
      ...policy,
      rules: policy.rules.map((rule) => {
        const algorithms = rule.issuer === undefined ? undefined : byIssuer.get(rule.issuer);
        return algorithms === undefined ? rule : { ...rule, algorithms };
      }),
    })),
  };
}
