/**
 * Whether an identity has `/ns/<value>/` in it, where every `*` of the value takes anything, slashes
 * too. Walked by hand instead of Istio's regular expression, so that the time is linear. Istio
 * specification, section 1.6.
 */
export function namespaceMatcher(values: readonly string[]): (identity: string) => boolean {
  // What is no name but a form takes itself below as well.
  const names = new Set(values);
  const globs = values.filter((value) => !isOneSegment(value)).map((value) => `/ns/${value}/`.split('*'));
  return (identity) =>
    !identity.includes('\n') &&
    (namespacesOf(identity).some((name) => names.has(name)) ||
      globs.some((pieces) => holdsInOrder(identity, pieces)));
}

/** The segments behind each `ns` of an identity that another one follows. */
export function namespacesOf(identity: string): readonly string[] {
  const names: string[] = [];
  for (let at = identity.indexOf('/ns/'); at >= 0; at = identity.indexOf('/ns/', at + 1)) {
    const end = identity.indexOf('/', at + 4);
    if (end !== -1) {
      names.push(identity.slice(at + 4, end));
    }
  }
  return names;
}

/** Taking each piece as early as it comes leaves the most room for the next. */
function holdsInOrder(text: string, pieces: readonly string[]): boolean {
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0) {
      return false;
    }
    from = at + piece.length;
  }
  return true;
}

/** Whether a value is the name of a namespace itself, so that it can be looked up. */
export function isOneSegment(value: string): boolean {
  return !/[*/]/.test(value);
}
