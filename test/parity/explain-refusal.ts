import type { Diagnostic } from '../../src/base/index.ts';

/**
 * Why Sallyport may refuse what Istio's webhook takes: a rule of the CRD, which the webhook leaves to the API server,
 * or a row of `POLICY_DIVERGENCES`. Undefined when it may not.
 */
export function explainRefusal(diagnostic: Diagnostic): string | undefined {
  const reason = REASONS.find(
    ({ code, path, message }) =>
      code === diagnostic.code &&
      (path?.test(diagnostic.path) ?? true) &&
      (message?.test(diagnostic.message) ?? true),
  );
  return reason?.why;
}

interface Reason {
  readonly code: Diagnostic['code'];
  readonly path?: RegExp;
  readonly message?: RegExp;
  readonly why: string;
}

const REASONS: readonly Reason[] = [
  { code: 'ERR_MANIFEST_SHAPE', why: 'crd: types and limits' },
  { code: 'ERR_MANIFEST_UNKNOWN_FIELD', why: 'crd: unknown fields' },
  { code: 'ERR_POLICY_TARGET', message: /^only one of/, why: 'crd: one-of' },
  { code: 'ERR_POLICY_TOKEN_RULE', message: /^only one of/, why: 'crd: one-of' },
  { code: 'ERR_POLICY_SELECTOR', path: /matchLabels/, message: /x{40}/, why: 'crd: types and limits' },
  { code: 'ERR_POLICY_SERVICE_ACCOUNT', why: 'crd: types and limits' },
  { code: 'ERR_POLICY_PATH_TEMPLATE', why: 'path-template' },
  { code: 'ERR_POLICY_VALUE', message: /control/, why: 'control-character' },
  { code: 'ERR_POLICY_IP', message: /%/, why: 'ip-zone' },
  { code: 'ERR_POLICY_TOKEN_RULE', path: /fromHeaders|outputPayloadToHeader/, why: 'header-name' },
  { code: 'ERR_POLICY_CONDITION', message: /request\.headers\[/, why: 'header-condition' },
  { code: 'ERR_POLICY_CONDITION', message: /\[\]|filters\.\[/, why: 'empty-name' },
  { code: 'ERR_POLICY_EMPTY', path: /spaceDelimitedClaims|when\[\d+\]/, why: 'empty-value' },
  { code: 'ERR_POLICY_TRUST_DOMAIN', path: /when\[\d+\]/, message: /\//, why: 'trust-domain-condition' },
  { code: 'ERR_POLICY_JWKS', message: /object with a list/, why: 'key-set-null' },
  { code: 'ERR_POLICY_JWKS', message: /larger|more than/, why: 'key-set-size' },
];
