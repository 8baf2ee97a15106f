/**
 * The seconds that a response stays good by its `Cache-Control` and `Age` (RFC 9111, sections 4.2.1 and 5.2.2):
 * 0 when it must not be kept, undefined when nothing is said.
 */
export function maxAgeSecondsOf(
  cacheControl: string | undefined,
  age: string | undefined,
): number | undefined {
  const directives = (cacheControl ?? '').split(',').map((part) => part.trim().toLowerCase());
  if (directives.includes('no-store') || directives.includes('no-cache')) {
    return 0;
  }
  const value = directives
    .map((directive) => /^max-age="?(\d{1,10})"?$/.exec(directive)?.[1])
    .find((seconds) => seconds !== undefined);
  if (value === undefined) {
    return undefined;
  }
  const spent = /^\d{1,10}$/.test(age ?? '') ? Number(age) : 0;
  return Math.max(0, Number(value) - spent);
}
