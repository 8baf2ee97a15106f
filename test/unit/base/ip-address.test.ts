import { describe, expect, it } from 'vitest';
import { formatIpAddress, parseIpAddress, parseIpRange, rangeContains } from '../../../src/base/index.ts';

describe('parseIpAddress', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['fe80::', 'fe80::'],
  ])('reads %s and writes it as %s', (text, canonical) => {
    const address = parseIpAddress(text);
    expect(address === undefined ? undefined : formatIpAddress(address)).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'fe80::1%eth0',
    '12345::',
    '1.2.3.4::',
    '::1.2.3',
  ])('refuses `%s`', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });
});

describe('parseIpRange', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['0.0.0.0/0', '255.1.1.1', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '::1', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
  ])('%s holds %s: %s', (range, address, held) => {
    const parsedRange = parseIpRange(range);
    const parsedAddress = parseIpAddress(address);
    expect(parsedRange !== undefined && parsedAddress !== undefined).toBe(true);
    expect(
      parsedRange !== undefined && parsedAddress !== undefined && rangeContains(parsedRange, parsedAddress),
    ).toBe(held);
  });

  it.each(['1.2.3.4/33', '1.2.3.4/024', '1.2.3.4/', '1.2.3.4/-1', '::/129', '/8'])('refuses `%s`', (text) => {
    expect(parseIpRange(text)).toBeUndefined();
  });
});
