/**
 * The query parameters of a path, decoded; the first of a name counts. Read as Envoy reads them: `+` stays,
 * a malformed escape stays as it is written.
 */
export function queryParameters(path: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const start = path.indexOf('?');
  if (start < 0) {
    return parameters;
  }
  const hash = path.indexOf('#', start);
  for (const part of path.slice(start + 1, hash < 0 ? undefined : hash).split('&')) {
    const equals = part.indexOf('=');
    const name = percentDecoded(equals < 0 ? part : part.slice(0, equals));
    if (!parameters.has(name)) {
      parameters.set(name, equals < 0 ? '' : percentDecoded(part.slice(equals + 1)));
    }
  }
  return parameters;
}

/** The first value of each cookie, without the quotes it may stand in (RFC 6265, section 4.1.1). */
export function cookieValue(cookieLines: readonly string[], name: string): string | undefined {
  for (const line of cookieLines) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals >= 0 && pair.slice(0, equals).trimStart() === name) {
        return unquoted(pair.slice(equals + 1));
      }
    }
  }
  return undefined;
}

function percentDecoded(text: string): string {
  return text.includes('%')
    ? text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
        Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
      )
    : text;
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
