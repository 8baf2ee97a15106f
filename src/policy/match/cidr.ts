import type { IpAddress, IpRange } from '../../base/index.ts';
import { anyOf, eachOrTable, type Matcher } from './any-of.ts';

/** Whether an address is in one of the ranges; of many, the cost grows with the prefix lengths alone. */
export function rangeMatcher(ranges: readonly IpRange[]): Matcher<IpAddress> {
  return anyOf(eachOrTable(ranges, compare, lookUpByLength));
}

/** Without shifting, which makes a new number each time. */
function compare({ family, bits, prefixLength }: IpRange): Matcher<IpAddress> {
  const first = bits;
  const last = bits | ((1n << hostBits(family, prefixLength)) - 1n);
  return (address) => address.family === family && address.bits >= first && address.bits <= last;
}

function lookUpByLength(ranges: readonly IpRange[]): Matcher<IpAddress> {
  const byLength = new Map<string, { family: 4 | 6; shift: bigint; networks: Set<bigint> }>();
  for (const { family, prefixLength, bits } of ranges) {
    const shift = hostBits(family, prefixLength);
    const key = `${family}/${prefixLength}`;
    const group = byLength.get(key) ?? { family, shift, networks: new Set<bigint>() };
    group.networks.add(bits >> shift);
    byLength.set(key, group);
  }
  const groups = [...byLength.values()];
  return (address) =>
    groups.some(
      ({ family, shift, networks }) => family === address.family && networks.has(address.bits >> shift),
    );
}

function hostBits(family: 4 | 6, prefixLength: number): bigint {
  return BigInt((family === 4 ? 32 : 128) - prefixLength);
}
