/** An address as a number, so that ranges are comparisons. IPv4-mapped IPv6 stays IPv6. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

export interface IpRange {
  readonly family: 4 | 6;
  /** Host bits cleared. */
  readonly bits: bigint;
  readonly prefixLength: number;
}

/** Dotted decimal without leading zeros, or RFC 4291 text without a zone; undefined for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const bits = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bits === undefined ? undefined : { family: text.includes(':') ? 6 : 4, bits };
}

/** `address` or `address/prefix`; a bare address is a range of one. Host bits are cleared, as Envoy does. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) {
    return undefined;
  }
  const width = address.family === 4 ? 32 : 128;
  const prefix = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > width) {
    return undefined;
  }
  const hostBits = BigInt(width - Number(prefix));
  return {
    family: address.family,
    bits: (address.bits >> hostBits) << hostBits,
    prefixLength: Number(prefix),
  };
}

export function rangeContains(range: IpRange, address: IpAddress): boolean {
  if (range.family !== address.family) {
    return false;
  }
  const hostBits = BigInt((range.family === 4 ? 32 : 128) - range.prefixLength);
  return address.bits >> hostBits === range.bits >> hostBits;
}

/** Canonical text (RFC 5952), so that equal addresses are equal strings. */
export function formatIpAddress(address: IpAddress): string {
  if (address.family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((address.bits >> shift) & 0xffn)).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address.bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  const { start, length } = longestZeroRun(groups);
  return length < 2
    ? groups.join(':')
    : `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) {
    return undefined;
  }
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) {
    return undefined;
  }
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) {
    return undefined;
  }
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | group, 0n);
}

function parseGroups(text: string, mayEndInIpv4: boolean): readonly bigint[] | undefined {
  if (text === '') {
    return [];
  }
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const embedded = parseIpv4(part);
      if (embedded === undefined) {
        return undefined;
      }
      groups.push(embedded >> 16n, embedded & 0xffffn);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return undefined;
    }
  }
  return groups;
}

function longestZeroRun(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === '0' ? length + 1 : 0;
    if (length > best.length) {
      best = { start: index - length + 1, length };
    }
  }
  return best;
}
