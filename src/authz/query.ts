/** The names of the query parameters of a target, decoded. */
export function queryNames(target: string): ReadonlySet<string> {
  return new Set(parametersOf(target).map(([name]) => name));
}

/**
 * The target as Envoy leaves it after setting and taking out parameters: all of such a name go, an empty `?`
 * goes with them, and the others come out decoded and with a `=`. `istio-tried`, points 19 and 20.
 */
export function withParameters(
  target: string,
  set: ReadonlyMap<string, string>,
  removed: readonly string[],
): string {
  const question = target.indexOf('?');
  if (set.size === 0 && (removed.length === 0 || question < 0)) {
    return target;
  }
  const start = question < 0 ? target.length : question;
  const kept = [
    ...parametersOf(target).filter(([name]) => !removed.includes(name) && !set.has(name)),
    ...set,
  ];
  const query = kept.map(([name, value]) => `${name}=${value}`).join('&');
  return query === '' ? target.slice(0, start) : `${target.slice(0, start)}?${query}`;
}

function parametersOf(target: string): readonly (readonly [name: string, value: string])[] {
  const start = target.indexOf('?');
  if (start < 0) {
    return [];
  }
  return target
    .slice(start + 1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0
        ? [decoded(part), '']
        : [decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))];
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
