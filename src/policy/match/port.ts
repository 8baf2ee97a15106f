/** A port as Istio reads it: decimal digits, leading zeros allowed, up to 65535; undefined otherwise. */
export function parsePort(text: string): number | undefined {
  return /^\d{1,64}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
