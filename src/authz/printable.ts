/**
 * Text that a stranger chose, made fit for one line of a log or a terminal: control characters, line and
 * paragraph separators, and marks that turn the direction of writing become `\u{…}`; what is too long is cut.
 */
export function printable(text: string, charsMax: number): string {
  const cut = text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
  return cut
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
    .toWellFormed();
}
