import { expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/index.ts';

it('gives no byte out twice, whatever sizes are asked for', () => {
  const seen = new Set<string>();
  const sizes = [16, 4096, 4097, 17, 33, 4000, 100_000];
  for (let round = 0; round < 300; round += 1) {
    const bytes = systemRandom.bytes(sizes[round % sizes.length] ?? 16);
    expect(bytes.length).toBe(sizes[round % sizes.length]);
    seen.add(Buffer.from(bytes.subarray(0, 16)).toString('hex'));
    // What a caller does with its bytes changes nobody else's.
    bytes.fill(0);
  }
  expect(seen.size).toBe(300);
  expect(systemRandom.bytes(0).length).toBe(0);
});
