import { byCodeUnit } from '../base/index.ts';

/**
 * How the query of a target spells those of the names that are in it: Envoy's ext_authz compares names without decoding
 * them, so `%74oken` would stay where `token` is taken out.
 */
export function spellingsOf(target: string, names: readonly string[]): readonly string[] {
  const wanted = new Set(names);
  const spelled = wanted.size === 0 ? [] : parametersOf(target).map(([name]) => name);
  return [...new Set(spelled.filter((name) => wanted.has(decoded(name))))];
}

/**
 * The target as the token filter leaves it after setting and taking out parameters, in their spelling: all of such a
 * name go, an empty `?` goes with them, and the others come out decoded and with a `=`. `istio-tried`, points 19 and 20.
 */
export function withParameters(
  target: string,
  set: ReadonlyMap<string, string>,
  removed: readonly string[],
): string {
  if (isUntouched(target, set, removed)) {
    return target;
  }
  const kept = parametersKept(target, set, removed)
    .filter(([name, value]) => name !== '' || value !== '')
    .map(([name, value]) => [decoded(name), decoded(value)] as const);
  return written(target, [...kept, ...set]);
}

/** The target as Envoy's ext_authz sends it on: nothing is decoded, and parameters come in the order of their names. */
export function sentWithParameters(
  target: string,
  set: ReadonlyMap<string, string>,
  removed: readonly string[],
): string {
  if (isUntouched(target, set, removed)) {
    return target;
  }
  const kept = parametersKept(target, set, removed);
  return written(
    target,
    [...kept, ...set].sort(([a], [b]) => byCodeUnit(a, b)),
  );
}

function isUntouched(target: string, set: ReadonlyMap<string, string>, removed: readonly string[]): boolean {
  return set.size === 0 && (removed.length === 0 || !target.includes('?'));
}

type Parameter = readonly [name: string, value: string];

/** A client may spell a name in a great many ways, so both lists may be long. */
function parametersKept(
  target: string,
  set: ReadonlyMap<string, string>,
  removed: readonly string[],
): readonly Parameter[] {
  const gone = new Set([...removed, ...set.keys()]);
  return parametersOf(target).filter(([name]) => !gone.has(name));
}

function written(target: string, parameters: readonly Parameter[]): string {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  const query = parameters.map(([name, value]) => `${name}=${value}`).join('&');
  return query === '' ? path : `${path}?${query}`;
}

/** As they are written. */
function parametersOf(target: string): readonly Parameter[] {
  const start = target.indexOf('?');
  if (start < 0 || start === target.length - 1) {
    return [];
  }
  return target
    .slice(start + 1)
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    });
}

/** As Envoy decodes: `+` stays, and so does an escape that is none. */
function decoded(text: string): string {
  return text.includes('%')
    ? text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
        Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
      )
    : text;
}
