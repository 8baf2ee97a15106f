import type { TokenRule } from '../../jwt/index.ts';
import { type JsonObject, typed } from '../typed.ts';
import { JWT_FILTER, PAYLOAD_KEY } from './metadata-match.ts';
import { type JwksClusters, nativeKeys } from './native-keys.ts';

/**
 * Envoy's filter for the token rules of a target, each a provider, in the order in which they are tried.
 * No token at all is not its business: rules ask for one. Istio specification, sections 2.1 and 2.2.
 */
export function jwtAuthnFilter(rules: readonly TokenRule[], clusters: JwksClusters): JsonObject {
  const names = rules.map((_, index) => `origins-${index}`);
  return {
    name: JWT_FILTER,
    typed_config: typed('envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
      providers: Object.fromEntries(rules.map((rule, index) => [names[index], provider(rule, clusters)])),
      rules: [{ match: { prefix: '/' }, requires: requirement(names) }],
      bypass_cors_preflight: true,
    }),
  };
}

/** One token that passes is enough; none is fine as long as there is none anywhere. */
function requirement(names: readonly string[]): JsonObject {
  const orMissing = names.map((name) => anyOf([{ provider_name: name }, { allow_missing: {} }]));
  const [only] = orMissing;
  return only !== undefined && names.length === 1
    ? only
    : anyOf([
        ...names.map((name) => ({ provider_name: name })),
        { requires_all: { requirements: orMissing } },
      ]);
}

function anyOf(requirements: readonly JsonObject[]): JsonObject {
  return { requires_any: { requirements } };
}

function provider(rule: TokenRule, clusters: JwksClusters): JsonObject {
  const { issuer, audiences, fromHeaders, fromParams, fromCookies, outputClaimToHeaders } = rule;
  return {
    ...(issuer === undefined ? {} : { issuer }),
    ...list('audiences', audiences),
    ...nativeKeys(rule, clusters),
    ...(rule.forwardOriginalToken ? { forward: true } : {}),
    ...list(
      'from_headers',
      fromHeaders.map(({ name, prefix }) => ({ name, ...(prefix === '' ? {} : { value_prefix: prefix }) })),
    ),
    ...list('from_params', fromParams),
    ...list('from_cookies', fromCookies),
    ...(rule.outputPayloadToHeader === undefined
      ? {}
      : { forward_payload_header: rule.outputPayloadToHeader }),
    payload_in_metadata: PAYLOAD_KEY,
    normalize_payload_in_metadata: { space_delimited_claims: splitClaims(rule) },
    ...list(
      'claim_to_headers',
      outputClaimToHeaders.map(({ header, claim }) => ({ header_name: header, claim_name: claim })),
    ),
  };
}

function splitClaims({ spaceDelimitedClaims }: TokenRule): readonly string[] {
  return [...new Set(['permission', 'scope', ...spaceDelimitedClaims])].sort();
}

function list(field: string, items: readonly (JsonObject | string)[]): JsonObject {
  return items.length === 0 ? {} : { [field]: items };
}
