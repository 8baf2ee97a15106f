import { SallyportError } from '../base/index.ts';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A DNS name for a certificate, in lower case: labels of letters, digits and inner dashes (RFC 5280,
 * section 4.2.1.6), at most 253 characters, the first may be `*`. What looks like an IP address is none.
 * Throws `ERR_ENTRY_DNS_NAME`.
 */
export function parseDnsName(text: string): string {
  const name = text.toLowerCase();
  const labels = (name.startsWith('*.') ? name.slice(2) : name).split('.');
  const isName =
    name.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  if (!isName) {
    throw new SallyportError('ERR_ENTRY_DNS_NAME', `\`${text.slice(0, 200)}\` is not a DNS name`, {
      hint: 'use letters, digits, dashes and dots; `*` only as the whole first label',
    });
  }
  return name;
}
