/** Orders texts as `<` does, whatever the locale: by UTF-16 code units, which of ASCII is the order of bytes. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
