import type { ClaimValue, VerifiedToken } from '../../jwt/index.ts';
import type { RequestPrincipalPattern } from '../model.ts';
import { memberOf } from './member.ts';
import { isNonEmpty, type TextMatcher, textMatcher } from './text-matcher.ts';
import type { TextPattern } from './text-pattern.ts';

type TokenMatcher = (token: VerifiedToken | undefined) => boolean;

/**
 * Whether the claim at `path` is a text that matches, or a list with one that does. Numbers, booleans,
 * objects and null never match. Istio specification, section 1.8.
 */
export function claimMatcher(path: readonly string[], patterns: readonly TextPattern[]): TokenMatcher {
  const matches = textMatcher(patterns, isNonEmpty);
  return (token) => {
    const value = token === undefined ? undefined : claimAt(token, path);
    return Array.isArray(value)
      ? value.some((item) => typeof item === 'string' && matches(item))
      : typeof value === 'string' && matches(value);
  };
}

/** Both `iss` and `sub` have to be texts and to match, for one and the same value of the policy. */
export function requestPrincipalMatcher(patterns: readonly RequestPrincipalPattern[]): TokenMatcher {
  const pairs = new Map<string, Set<string>>();
  const tests: { readonly issuer: TextMatcher; readonly subject: TextMatcher }[] = [];
  for (const { issuer, subject } of patterns) {
    if (issuer.kind === 'exact' && subject.kind === 'exact') {
      pairs.set(issuer.text, (pairs.get(issuer.text) ?? new Set()).add(subject.text));
    } else {
      tests.push({
        issuer: textMatcher([issuer], isNonEmpty),
        subject: textMatcher([subject], isNonEmpty),
      });
    }
  }
  return (token) => {
    const issuer = token?.claims.get('iss');
    const subject = token?.claims.get('sub');
    return (
      typeof issuer === 'string' &&
      typeof subject === 'string' &&
      (pairs.get(issuer)?.has(subject) === true ||
        tests.some((test) => test.issuer(issuer) && test.subject(subject)))
    );
  };
}

/** Split at the last slash. Istio specification, section 1.8, table. */
export function parseRequestPrincipal(value: string): RequestPrincipalPattern {
  const slash = value.lastIndexOf('/');
  const issuer = slash < 0 ? value : value.slice(0, slash);
  const subject = slash < 0 ? undefined : value.slice(slash + 1);
  if (value === '*') {
    return { issuer: PRESENT, subject: PRESENT };
  }
  if (value.startsWith('*')) {
    return subject === undefined
      ? { issuer: PRESENT, subject: { kind: 'suffix', text: value.slice(1) } }
      : { issuer: starred(issuer, 'suffix', issuer.slice(1)), subject: exact(subject) };
  }
  if (value.endsWith('*')) {
    return subject === undefined
      ? { issuer: { kind: 'prefix', text: value.slice(0, -1) }, subject: PRESENT }
      : { issuer: exact(issuer), subject: starred(subject, 'prefix', subject.slice(0, -1)) };
  }
  return { issuer: exact(issuer), subject: exact(subject ?? '') };
}

const PRESENT: TextPattern = { kind: 'present' };

function exact(text: string): TextPattern {
  return { kind: 'exact', text };
}

function starred(part: string, kind: 'prefix' | 'suffix', text: string): TextPattern {
  return part === '*' ? PRESENT : { kind, text };
}

function claimAt(token: VerifiedToken, path: readonly string[]): ClaimValue | undefined {
  const [first = '', ...rest] = path;
  let value = token.claims.get(first);
  for (const name of rest) {
    value = memberOf(value, name);
  }
  return value;
}
