/**
 * The form in which audiences are compared: without one leading `http://` or `https://` and without one
 * trailing slash. Istio specification, section 2.4.
 */
export function comparableAudience(audience: string): string {
  const start = audience.startsWith('http://') ? 7 : audience.startsWith('https://') ? 8 : 0;
  const end = audience.endsWith('/') ? audience.length - 1 : audience.length;
  return audience.slice(start, Math.max(start, end));
}
