import { describe, expect, it } from 'vitest';
import { type IpRange, parseIpRange } from '../../../src/base/index.ts';
import { createAddressGuard } from '../../../src/keys/address-guard.ts';

function ranges(...texts: readonly string[]): readonly IpRange[] {
  return texts.map((text) => {
    const range = parseIpRange(text);
    if (range === undefined) {
      throw new Error(text);
    }
    return range;
  });
}

const strict = createAddressGuard([]);

describe('createAddressGuard', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '192.167.255.255',
    '11.0.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('lets %s pass', (address) => {
    expect(strict(address)).toBe(true);
  });

  it.each([
    ['this machine', '127.0.0.1'],
    ['this machine, the last', '127.255.255.255'],
    ['no address', '0.0.0.0'],
    ['a private network', '10.0.0.1'],
    ['a private network', '172.16.0.0'],
    ['a private network', '172.31.255.255'],
    ['a private network', '192.168.1.1'],
    ['a carrier, and a cloud’s metadata', '100.100.100.200'],
    ['metadata', '169.254.169.254'],
    ['metadata', '168.63.129.16'],
    ['metadata', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['this machine', '::1'],
    ['no address', '::'],
    ['a unique local address, metadata', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['Teredo', '2001::1'],
    ['6to4 of a private address', '2002:a00:1::'],
    ['mapped', '::ffff:127.0.0.1'],
    ['mapped, in hex', '::ffff:a9fe:a9fe'],
    ['compatible', '::127.0.0.1'],
    ['NAT64 of metadata', '64:ff9b::a9fe:a9fe'],
    ['with a zone', 'fe80::1%eth0'],
    ['a name', 'localhost'],
    ['nothing', ''],
    ['octal', '0177.0.0.1'],
    ['a number', '2130706433'],
  ])('refuses %s: %s', (_name, address) => {
    expect(strict(address)).toBe(false);
  });

  it('lets pass what is allowed, and no more', () => {
    const guard = createAddressGuard(ranges('10.1.0.0/16', 'fd00::/8'));
    expect(guard('10.1.2.3')).toBe(true);
    expect(guard('::ffff:10.1.2.3')).toBe(true);
    expect(guard('10.2.0.0')).toBe(false);
    expect(guard('fd12::1')).toBe(true);
    expect(guard('127.0.0.1')).toBe(false);
  });
});
