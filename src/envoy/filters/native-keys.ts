import { SallyportError } from '../../base/index.ts';
import type { TokenRule } from '../../jwt/index.ts';
import { duration, type JsonObject } from '../typed.ts';
import { hasUsableKey, limitKeySet } from './limit-key-set.ts';

/** Names of the Envoy's own clusters that reach key servers, by `jwksUri`. */
export type JwksClusters = ReadonlyMap<string, string>;

/** Istio's figure for sets that Envoy fetches. */
const CACHE_DURATION = '300s';

/** The key set of a JwtProvider. Throws `ERR_ENVOY_KEY_SET` where Envoy cannot have the rule's keys. */
export function nativeKeys({ id, keys, algorithms }: TokenRule, clusters: JwksClusters): JsonObject {
  switch (keys.kind) {
    case 'inline': {
      const jwks = algorithms === undefined ? keys.jwks : limitKeySet(keys.jwks, algorithms);
      if (!hasUsableKey(jwks)) {
        throw refused(id, 'has no key that Envoy can verify by, and Envoy refuses to start without one');
      }
      return { local_jwks: { inline_string: jwks } };
    }
    case 'uri': {
      const cluster = clusters.get(keys.jwksUri);
      if (cluster === undefined) {
        throw refused(id, `takes its keys from \`${keys.jwksUri}\`, and no cluster is named for it`);
      }
      if (algorithms !== undefined) {
        throw refused(id, 'may use some algorithms alone, which Envoy does not ask of keys that it fetches');
      }
      return {
        remote_jwks: {
          http_uri: { uri: keys.jwksUri, cluster, timeout: duration(keys.timeoutMillis) },
          cache_duration: CACHE_DURATION,
        },
      };
    }
    case 'discovery':
      throw refused(id, 'finds its keys through its issuer, which Envoy does not do');
    default:
      return keys satisfies never;
  }
}

function refused(ruleId: string, problem: string): SallyportError {
  return new SallyportError('ERR_ENVOY_KEY_SET', `token rule \`${ruleId}\` ${problem}`, {
    hint: 'write the keys into the policy as `jwks`, or write `jwksUri` and name the cluster that reaches it: `--jwks-cluster <url>=<cluster>`',
  });
}
