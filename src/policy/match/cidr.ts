import type { IpAddress, IpRange } from '../../base/index.ts';

/** Whether an address is in one of the ranges; the cost grows with the prefix lengths, not the ranges. */
export function rangeMatcher(ranges: readonly IpRange[]): (address: IpAddress) => boolean {
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
