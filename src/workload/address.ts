import { formatIpAddress, parseIpAddress } from '../base/index.ts';
import { diagnosticAt, isDnsSubdomain, type ManifestObject, type ValuePath } from '../manifest/index.ts';

const MAPPED_IPV4 = 0xffffn;

/** RFC 5952 text; an IPv4 address that came mapped into IPv6 is the IPv4 address. Undefined for what is none. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseIpAddress(text);
  if (address === undefined) {
    return undefined;
  }
  return address.family === 6 && address.bits >> 32n === MAPPED_IPV4
    ? formatIpAddress({ family: 4, bits: address.bits & 0xffff_ffffn })
    : formatIpAddress(address);
}

/** What ends in a number would be an IP address, and is then a wrong one. */
export function isHostName(text: string): boolean {
  return isDnsSubdomain(text.toLowerCase()) && !/(?:^|\.)\d+$/.test(text);
}

export function addressProblem(object: ManifestObject, path: ValuePath, text: string, hint: string) {
  return diagnosticAt(object, path, {
    code: 'ERR_WORKLOAD_ADDRESS',
    message: `\`${text.slice(0, 200).replace(/\p{Cc}/gu, '?')}\` is no address that can stand here`,
    hint,
  });
}
