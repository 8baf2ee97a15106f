import { createHash } from 'node:crypto';
import type { AnyMessage } from '../proto/index.ts';

/** One resource under the name it is asked by. */
export interface Resource {
  readonly name: string;
  /** `contentVersion` of the body, so that the same content has the same version in every process. */
  readonly version: string;
  readonly body: AnyMessage;
}

/** What one stream may have at one moment. */
export interface ResourceView {
  /**
   * `pending`: it will come, so nothing is said yet. Undefined: nobody has it, or not for this stream; the
   * two look alike to a client.
   */
  get(name: string): Resource | 'pending' | undefined;
  /** What a stream gets that asks for everything. */
  all(): readonly Resource[];
}

const VERSION_HEX_LENGTH = 32;

/** A hash of the content; lower-case hex. */
export function contentVersion(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length}:`);
    hash.update(part);
  }
  return hash.digest('hex').slice(0, VERSION_HEX_LENGTH);
}
