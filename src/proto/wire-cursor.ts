import { decodeUtf8 } from './utf8.ts';

/** Why bytes are not a message. */
export type WireFault =
  /** A value, a length or a group runs past the end of what holds it. */
  | 'truncated'
  /** A varint longer than its kind may be. */
  | 'overlong'
  /** Field number 0 or a wire type that does not exist. */
  | 'tag'
  /** A group that ends without having begun, or ends as another one. */
  | 'group'
  /** A `string` that is not UTF-8. */
  | 'utf8'
  /** Groups or values nested too deep. */
  | 'depth'
  /** More of something than `LIMITS` allows. */
  | 'limit';

/** Protocol Buffers' own limit for nesting. */
export const WIRE_DEPTH_MAX = 100;

/**
 * A place in the bytes of a message. Nothing throws: the first fault stays in `fault` and ends every loop
 * over `more`. `end` is always the end of the message being walked, which no read may pass.
 */
export class WireCursor {
  readonly bytes: Buffer;
  position = 0;
  fault: WireFault | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  more(end: number): boolean {
    return this.fault === undefined && this.position < end;
  }

  fail(fault: WireFault): void {
    this.fault ??= fault;
  }

  /** The next tag: field number << 3 | wire type; 0 after a fault. */
  tag(end: number): number {
    const tag = this.unsigned32(end);
    if (this.fault === undefined && (tag >>> 3 === 0 || (tag & 7) > 5)) {
      this.fail('tag');
    }
    return this.fault === undefined ? tag : 0;
  }

  /** Reads a length and returns where the value that begins at `position` ends. */
  enter(end: number): number {
    const length = this.unsigned32(end);
    if (length > end - this.position) {
      this.fail('truncated');
    }
    return this.fault === undefined ? this.position + length : this.position;
  }

  /** A length-delimited `string`. */
  string(end: number): string {
    const stop = this.enter(end);
    const text = decodeUtf8(this.bytes, this.position, stop);
    this.position = stop;
    if (text === undefined) {
      this.fail('utf8');
    }
    return text ?? '';
  }

  /** A varint of up to ten bytes, of which the low 32 bits count, as for uint32 and enums. */
  varint(end: number): number {
    let value = 0;
    for (let index = 0; index < 10; index += 1) {
      if (this.position >= end) {
        this.fail('truncated');
        return 0;
      }
      const byte = this.bytes[this.position] ?? 0;
      this.position += 1;
      if (index < 5) {
        value |= (byte & 0x7f) << (7 * index);
      }
      if (byte < 0x80) {
        return value >>> 0;
      }
    }
    this.fail('overlong');
    return 0;
  }

  /** A varint that is not 0 in any of its 64 bits. */
  bool(end: number): boolean {
    const start = this.position;
    this.varint(end);
    return this.bytes.subarray(start, this.position).some((byte) => (byte & 0x7f) !== 0);
  }

  double(end: number): number {
    if (end - this.position < 8) {
      this.fail('truncated');
      return 0;
    }
    const value = this.bytes.readDoubleLE(this.position);
    this.position += 8;
    return value;
  }

  /** Passes over the value of `tag`, groups included. */
  skip(tag: number, end: number): void {
    const openGroups: number[] = [];
    let current = tag;
    while (this.fault === undefined) {
      const wireType = current & 7;
      if (wireType === 3) {
        openGroups.push(current >>> 3);
      } else if (wireType === 4) {
        if (openGroups.pop() !== current >>> 3) {
          this.fail('group');
        }
      } else {
        this.skipValue(wireType, end);
      }
      if (openGroups.length === 0 || this.fault !== undefined) {
        return;
      }
      if (openGroups.length > WIRE_DEPTH_MAX) {
        this.fail('depth');
      } else if (this.position >= end) {
        this.fail('truncated');
      } else {
        current = this.tag(end);
      }
    }
  }

  private skipValue(wireType: number, end: number): void {
    if (wireType === 0) {
      this.varint(end);
    } else if (wireType === 2) {
      this.position = this.enter(end);
    } else {
      const width = wireType === 1 ? 8 : 4;
      if (end - this.position < width) {
        this.fail('truncated');
      } else {
        this.position += width;
      }
    }
  }

  /** Tags and lengths: at most five bytes and 32 bits. */
  private unsigned32(end: number): number {
    let value = 0;
    for (let index = 0; index < 5; index += 1) {
      if (this.position >= end) {
        this.fail('truncated');
        return 0;
      }
      const byte = this.bytes[this.position] ?? 0;
      this.position += 1;
      value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) {
        if (index === 4 && byte > 0x0f) {
          break;
        }
        return value >>> 0;
      }
    }
    this.fail('overlong');
    return 0;
  }
}
