import type { AccountName } from '../model.ts';

const SCHEME = 'spiffe://';

/**
 * Whether an identity is that of one of the accounts, in any trust domain: a text, `/ns/<namespace>/`,
 * perhaps more segments, `sa/<name>`, perhaps more segments. Istio specification, section 1.6.
 */
export function serviceAccountMatcher(accounts: readonly AccountName[]): (identity: string) => boolean {
  const tests = accounts.map(({ namespace, name }) => ({ ns: `/ns/${namespace}/`, sa: `sa/${name}` }));
  return (identity) =>
    identity.startsWith(SCHEME) &&
    !identity.includes('\n') &&
    tests.some(({ ns, sa }) => isAccount(identity, ns, sa));
}

/** The first `/ns/…/` leaves the most behind it, and what may stand between takes any later one. */
function isAccount(identity: string, ns: string, sa: string): boolean {
  const at = identity.indexOf(ns, SCHEME.length + 1);
  if (at === -1) {
    return false;
  }
  const rest = identity.slice(at + ns.length);
  if (rest.startsWith(sa) && endsSegment(rest, sa.length)) {
    return true;
  }
  for (let next = rest.indexOf(`/${sa}`, 1); next > 0; next = rest.indexOf(`/${sa}`, next + 1)) {
    if (endsSegment(rest, next + 1 + sa.length)) {
      return true;
    }
  }
  return false;
}

/** The end, or a slash with something behind it. */
function endsSegment(text: string, end: number): boolean {
  return end === text.length || (text[end] === '/' && end + 1 < text.length);
}
