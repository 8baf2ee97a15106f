/**
 * The URI names in Node's text of a subject alternative name extension, such as
 * `DNS:a.example, URI:spiffe://example.org/a`. Node writes a name that could be mistaken for several as a
 * JSON string. Undefined when the text does not have that form: then nobody knows who this is.
 */
export function urisOfAltNames(text: string | undefined): readonly string[] | undefined {
  const uris: string[] = [];
  let rest = text ?? '';
  while (rest !== '') {
    const match = /^([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/.exec(rest);
    const value = match === null ? undefined : readValue(match[2] ?? '');
    if (match === null || value === undefined) {
      return undefined;
    }
    if (match[1] === 'URI') {
      uris.push(value);
    }
    rest = rest.slice(match[0].length);
  }
  return uris;
}

function readValue(text: string): string | undefined {
  if (!text.startsWith('"')) {
    return text;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
