import type { IpAddress, IpRange } from '../../base/index.ts';

/** Whether an address is in one of the ranges; of many, the cost grows with the prefix lengths alone. */
export function rangeMatcher(ranges: readonly IpRange[]): (address: IpAddress) => boolean {
  return ranges.length < TABLE_FROM ? compareEach(ranges) : lookUpByLength(ranges);
}

/** Below this many ranges comparing costs less, for shifting makes a new number each time. */
const TABLE_FROM = 8;

function compareEach(ranges: readonly IpRange[]): (address: IpAddress) => boolean {
  const bounds = ranges.map(({ family, bits, prefixLength }) => ({
    family,
    first: bits,
    last: bits | ((1n << BigInt((family === 4 ? 32 : 128) - prefixLength)) - 1n),
  }));
  return ({ family, bits }) => {
    for (const bound of bounds) {
      if (bound.family === family && bits >= bound.first && bits <= bound.last) {
        return true;
      }
    }
    return false;
  };
}

function lookUpByLength(ranges: readonly IpRange[]): (address: IpAddress) => boolean {
  const byLength = new Map<string, { family: 4 | 6; hostBits: bigint; networks: Set<bigint> }>();
  for (const { family, prefixLength, bits } of ranges) {
    const hostBits = BigInt((family === 4 ? 32 : 128) - prefixLength);
    const key = `${family}/${prefixLength}`;
    const group = byLength.get(key) ?? { family, hostBits, networks: new Set<bigint>() };
    group.networks.add(bits >> hostBits);
    byLength.set(key, group);
  }
  const groups = [...byLength.values()];
  return (address) =>
    groups.some(
      ({ family, hostBits, networks }) => family === address.family && networks.has(address.bits >> hostBits),
    );
}
