import type { PreparedRule } from './prepared-rules.ts';
import { cookieValue } from './query.ts';
import type { RequestState } from './request-state.ts';

/** A token as found, and how to take it out of the request. Cookies stay, as in Envoy. */
export interface FoundToken {
  readonly text: string;
  remove(state: RequestState): void;
}

/** All tokens in the places that a rule names, in Envoy's order. Istio specification, section 2.3. */
export function extractTokens(rule: PreparedRule, state: RequestState): readonly FoundToken[] {
  const found: FoundToken[] = [];
  for (const { name, prefix } of rule.headers) {
    const remove = (target: RequestState): void => target.removeHeader(name);
    for (const line of linesAsEnvoySees(state, name)) {
      const text = tokenInHeader(line, prefix);
      if (text !== undefined) {
        found.push({ text, remove });
      }
    }
  }
  for (const name of rule.params) {
    const text = state.parameter(name);
    if (text !== undefined) {
      found.push({ text, remove: (target) => target.removeParameter(name) });
    }
  }
  for (const name of rule.cookies) {
    const text = cookieValue(state.lines('cookie'), name);
    if (text !== undefined) {
      found.push({ text, remove: () => {} });
    }
  }
  return found;
}

/** Envoy joins `authorization` lines as they arrive (tried on 1.40), so that two of them hold no good token. */
function linesAsEnvoySees(state: RequestState, name: string): readonly string[] {
  const lines = state.lines(name);
  return name === 'authorization' && lines.length > 1 ? [lines.join(',')] : lines;
}

/**
 * The prefix may stand anywhere in the line; a line without it holds no token. Envoy then skips whatever
 * cannot be part of a token. Here only the one space that a prefix without a space of its own needs is skipped:
 * what else stands there makes the token malformed.
 */
function tokenInHeader(line: string, prefix: string): string | undefined {
  if (prefix === '') {
    return line;
  }
  const at = line.indexOf(prefix);
  if (at < 0) {
    return undefined;
  }
  const rest = line.slice(at + prefix.length);
  return !prefix.endsWith(' ') && rest.startsWith(' ') ? rest.slice(1) : rest;
}
