import { randomBytes } from 'node:crypto';

/** The only door to randomness; `systemRandom` is cryptographically strong. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1), from 48 bits; for jitter. */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: pooledBytes,
  fraction: () => Buffer.from(pooledBytes(6).buffer).readUIntBE(0, 6) / 2 ** 48,
};

const POOL_BYTES = 4096;
let pool = new Uint8Array();
let used = 0;

/** Drawn from the system in larger pieces, since each draw costs as much as a hash; no byte is given out twice. */
function pooledBytes(length: number): Uint8Array {
  if (length > POOL_BYTES) {
    return new Uint8Array(randomBytes(length));
  }
  if (used + length > pool.length) {
    pool = new Uint8Array(randomBytes(POOL_BYTES));
    used = 0;
  }
  const bytes = pool.slice(used, used + length);
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** `length` random bytes as lower-case hex. */
export function randomHex(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex');
}
