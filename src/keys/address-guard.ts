import { type IpAddress, type IpRange, parseIpAddress, parseIpRange, rangeContains } from '../base/index.ts';

/** True when a key set may be fetched from this address. */
export type AddressGuard = (address: string) => boolean;

/**
 * Lets public addresses pass, and of the others those in `allowed`. A name in a policy must not make Sallyport
 * call services of the inner network, of the machine itself or of the cloud (RFC 6890, the registries of special
 * addresses that it started, and the metadata services of the large clouds).
 */
export function createAddressGuard(allowed: readonly IpRange[]): AddressGuard {
  return (text) => {
    const address = parseIpAddress(text);
    if (address === undefined) {
      return false;
    }
    const inner = embeddedIpv4(address);
    return allowed.some(
      (range) => rangeContains(range, address) || (inner !== undefined && rangeContains(range, inner)),
    )
      ? true
      : isPublic(inner ?? address);
  };
}

const SPECIAL_IPV4 = ranges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
const GLOBAL_IPV6 = ranges(['2000::/3']);
const SPECIAL_IPV6 = ranges(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
/** IPv4-mapped addresses and the well-known prefix of NAT64 (RFC 6052) lead to the IPv4 address they end in. */
const EMBEDDING = ranges(['::ffff:0:0/96', '64:ff9b::/96']);

function isPublic(address: IpAddress): boolean {
  return address.family === 4
    ? !isIn(SPECIAL_IPV4, address)
    : isIn(GLOBAL_IPV6, address) && !isIn(SPECIAL_IPV6, address);
}

function embeddedIpv4(address: IpAddress): IpAddress | undefined {
  return address.family === 6 && isIn(EMBEDDING, address)
    ? { family: 4, bits: address.bits & 0xffff_ffffn }
    : undefined;
}

function isIn(list: readonly IpRange[], address: IpAddress): boolean {
  return list.some((range) => rangeContains(range, address));
}

function ranges(texts: readonly string[]): readonly IpRange[] {
  return texts.map(parseIpRange).filter((range) => range !== undefined);
}
