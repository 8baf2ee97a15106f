/**
 * Writes a message from its last field to its first: so each nested message is there, and its length known,
 * when its length has to be written. Whoever writes calls the methods in reverse order of the fields.
 */
export class WireWriter {
  private bytes = Buffer.allocUnsafe(1024);
  private start = this.bytes.length;

  /** The place to hand to `close`, from before the fields of a nested message are written. */
  open(): number {
    return this.bytes.length - this.start;
  }

  /** Makes what was written since `open` the nested message `field`. */
  close(field: number, mark: number): void {
    this.varint(this.bytes.length - this.start - mark);
    this.tag(field, 2);
  }

  string(field: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.reserve(length);
    this.start -= length;
    this.bytes.write(text, this.start, length, 'utf8');
    this.varint(length);
    this.tag(field, 2);
  }

  /** A non-negative integer below 2^32. */
  unsigned(field: number, value: number): void {
    this.varint(value);
    this.tag(field, 0);
  }

  double(field: number, value: number): void {
    this.reserve(8);
    this.start -= 8;
    this.bytes.writeDoubleLE(value, this.start);
    this.tag(field, 1);
  }

  /** Starts a new message, whatever became of the one before. */
  begin(): void {
    this.start = this.bytes.length;
  }

  /** The message as bytes of its own. */
  finish(): Buffer {
    return Buffer.from(this.bytes.subarray(this.start));
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number): void {
    const length = varintLength(value);
    this.reserve(length);
    this.start -= length;
    let rest = value;
    for (let index = 0; index < length; index += 1) {
      this.bytes[this.start + index] = (rest & 0x7f) | (index === length - 1 ? 0 : 0x80);
      rest >>>= 7;
    }
  }

  private reserve(length: number): void {
    if (length <= this.start) {
      return;
    }
    const used = this.bytes.length - this.start;
    const grown = Buffer.allocUnsafe(2 * (this.bytes.length + length));
    this.bytes.copy(grown, grown.length - used, this.start);
    this.bytes = grown;
    this.start = grown.length - used;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) {
    length += 1;
  }
  return length;
}
