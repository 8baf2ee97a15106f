import { randomBytes } from 'node:crypto';

/** The only door to randomness; `systemRandom` is cryptographically strong. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1), from 48 bits; for jitter. */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

/** `length` random bytes as lower-case hex. */
export function randomHex(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex');
}
