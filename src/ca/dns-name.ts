const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const NAME_CHARS_MAX = 253;

/**
 * Whether a text may stand as a DNS name in a certificate: labels of letters, digits, dashes and
 * underscores, 253 characters at most, `*` as the whole first label of several, and nothing that looks like
 * an IP address. No narrower than what an entry may ask for.
 */
export function isDnsName(text: string): boolean {
  const labels = text.split('.');
  const named = labels[0] === '*' ? labels.slice(1) : labels;
  return (
    text.length <= NAME_CHARS_MAX &&
    named.length >= 1 &&
    named.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels[labels.length - 1] ?? '')
  );
}
