/**
 * Lower case of the letters A to Z alone, as Envoy compares hosts: `toLowerCase` would also turn the
 * Kelvin sign into `k`, and let a stranger's spelling pass.
 */
export function asciiLowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}
