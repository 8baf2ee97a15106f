import { createHash } from 'node:crypto';
import { parseDuration } from '../../base/index.ts';
import type { KeySetSource, TokenRule } from '../../jwt/index.ts';
import type { TokenRuleSpec } from './token-schema.ts';

/** Turns a checked `jwtRules[i]` into the rule that `jwt` judges by. `id` names it in logs. */
export function lowerTokenRule(spec: TokenRuleSpec, id: string): TokenRule {
  return {
    id,
    issuer: spec.issuer,
    audiences: spec.audiences ?? [],
    keys: keySource(spec),
    ...(spec.presence === 'REQUIRED' ? { isRequired: true } : {}),
    fromHeaders: (spec.fromHeaders ?? []).map(({ name, prefix }) => ({
      name: name.toLowerCase(),
      prefix: prefix ?? '',
    })),
    fromParams: spec.fromParams ?? [],
    fromCookies: spec.fromCookies ?? [],
    forwardOriginalToken: spec.forwardOriginalToken ?? false,
    outputPayloadToHeader: spec.outputPayloadToHeader?.toLowerCase() || undefined,
    outputClaimToHeaders: (spec.outputClaimToHeaders ?? []).map(({ header, claim }) => ({
      header: header.toLowerCase(),
      claim,
    })),
    spaceDelimitedClaims: spec.spaceDelimitedClaims ?? [],
  };
}

const TIMEOUT_MILLIS = 5000;

/** Without keys or their place they are found through the issuer. */
function keySource(spec: TokenRuleSpec): KeySetSource {
  const timeoutMillis = spec.timeout === undefined ? TIMEOUT_MILLIS : parseDuration(spec.timeout).millis;
  const jwksUri = spec.jwksUri ?? spec.jwks_uri;
  if (jwksUri !== undefined) {
    return { kind: 'uri', keySetId: keySetId('uri', jwksUri), jwksUri, timeoutMillis };
  }
  if (spec.jwks !== undefined && spec.jwks !== '') {
    return { kind: 'inline', keySetId: keySetId('inline', spec.jwks), jwks: spec.jwks };
  }
  const issuer = spec.issuer ?? '';
  return { kind: 'discovery', keySetId: keySetId('discovery', issuer), issuer, timeoutMillis };
}

/** The same for the same place or text, whatever rule it stands in. */
function keySetId(kind: KeySetSource['kind'], text: string): string {
  return `${kind}:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
