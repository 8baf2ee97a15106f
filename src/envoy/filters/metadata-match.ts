import type { MetadataPattern, TextPattern } from '../../policy/index.ts';
import type { JsonObject } from '../typed.ts';
import { textMatch } from './text-match.ts';

/** Under which key of its metadata Envoy's JWT filter leaves the payload that it verified. */
export const PAYLOAD_KEY = 'payload';
export const JWT_FILTER = 'envoy.filters.http.jwt_authn';

/** A Permission or Principal for a claim that is a text: `iss` and `sub` count in no other form. */
export function textClaimMatch(claim: string, pattern: TextPattern): JsonObject {
  return metadataMatch(JWT_FILTER, [PAYLOAD_KEY, claim], { string_match: textMatch(pattern) });
}

/** One for a claim that is a text, or a list with a text, that one of the patterns takes. */
export function claimMatch(path: readonly string[], patterns: readonly TextPattern[]): JsonObject {
  const one = oneOf(patterns.map((pattern) => ({ string_match: textMatch(pattern) })));
  return metadataMatch(JWT_FILTER, [PAYLOAD_KEY, ...path], oneOf([{ list_match: { one_of: one } }, one]));
}

/** One for what another filter left. */
export function filterMetadataMatch(
  filter: string,
  key: string,
  patterns: readonly MetadataPattern[],
): JsonObject {
  const values = patterns.map(({ inList, pattern }) => {
    const text = { string_match: textMatch(pattern) };
    return inList ? { list_match: { one_of: text } } : text;
  });
  return metadataMatch(filter, [key], oneOf(values));
}

function metadataMatch(filter: string, path: readonly string[], value: JsonObject): JsonObject {
  const matcher = { filter, path: path.map((key) => ({ key })), value };
  // Istio still writes `metadata`, of which newer Envoys warn that it will go.
  return { sourced_metadata: { metadata_matcher: matcher } };
}

function oneOf(values: readonly JsonObject[]): JsonObject {
  const [only] = values;
  return only !== undefined && values.length === 1 ? only : { or_match: { value_matchers: values } };
}
