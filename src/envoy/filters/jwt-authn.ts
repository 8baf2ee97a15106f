import type { TokenRule } from '../../jwt/index.ts';
import { type JsonObject, typed } from '../typed.ts';
import { JWT_FILTER, PAYLOAD_KEY } from './metadata-match.ts';
import { type JwksClusters, nativeKeys } from './native-keys.ts';

/**
 * Envoy's filter for the token rules of a target, each a provider, in the order in which they are tried.
 * No token at all is not its business: rules ask for one. Istio specification, sections 2.1 and 2.2.
 */
export function jwtAuthnFilter(rules: readonly TokenRule[], clusters: JwksClusters): JsonObject {
  const names = rules.map((_, index) => providerName(index));
  return {
    name: JWT_FILTER,
    typed_config: typed('envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
      providers: Object.fromEntries(rules.map((rule, index) => [names[index], provider(rule, clusters)])),
      rules: [{ match: { prefix: '/' }, requires: requirement(rules) }],
      bypass_cors_preflight: true,
    }),
  };
}

function providerName(index: number): string {
  return `origins-${index}`;
}

/**
 * One token that passes is enough, and none is fine as long as there is none anywhere; where a rule is required,
 * each has to be content.
 */
function requirement(rules: readonly TokenRule[]): JsonObject {
  const bare = rules.map((_, index) => ({ provider_name: providerName(index) }));
  const each = bare.map((provider, index) =>
    rules[index]?.isRequired === true ? provider : anyOf([provider, { allow_missing: {} }]),
  );
  const [only] = each;
  const all = only !== undefined && each.length === 1 ? only : { requires_all: { requirements: each } };
  return each.length === 1 || rules.some((rule) => rule.isRequired === true) ? all : anyOf([...bare, all]);
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
