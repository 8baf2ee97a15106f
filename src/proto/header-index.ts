import { decodeHeaderValue } from './utf8.ts';

/** The headers of a request as places in its bytes; text is made only of what is asked for. */
export interface HeaderIndex {
  /** `map`: one joined value a name. `lines`: each line by itself. `both`: two readings, which no Envoy sends. */
  readonly encoding: 'none' | 'map' | 'lines' | 'both';
  /** The values of a name given in lower case, in order; undefined when absent. */
  lines(name: string): readonly string[] | undefined;
  /** Every name and value, names in lower case; for those who need the whole request. */
  all(): readonly (readonly [name: string, value: string])[];
}

/** Four offsets a header: where its name starts and ends, where its value does. */
export type HeaderOffsets = readonly number[];

/** `map` and `lines` are what `headers` and `header_map` hold; when the second is there, it is what counts. */
export function headerIndex(
  bytes: Buffer,
  map: HeaderOffsets,
  lines: HeaderOffsets | undefined,
): HeaderIndex {
  const offsets = lines ?? map;
  const places = (wanted: string | undefined): readonly number[] => {
    const found: number[] = [];
    for (let at = 0; at < offsets.length; at += 4) {
      if (wanted === undefined || nameEquals(bytes, offsets[at] ?? 0, offsets[at + 1] ?? 0, wanted)) {
        found.push(at);
      }
    }
    return lines === undefined && found.length > 1 ? lastOfEachKey(bytes, offsets, found) : found;
  };
  const valueAt = (at: number): string =>
    decodeHeaderValue(bytes, offsets[at + 2] ?? 0, offsets[at + 3] ?? 0);
  return {
    encoding: lines !== undefined ? (map.length > 0 ? 'both' : 'lines') : map.length > 0 ? 'map' : 'none',
    lines(name) {
      const found = places(name);
      return found.length === 0 ? undefined : found.map(valueAt);
    },
    all: () =>
      places(undefined).map((at) => [
        lowerAscii(bytes.toString('latin1', offsets[at] ?? 0, offsets[at + 1] ?? 0)),
        valueAt(at),
      ]),
  };
}

/** In a protobuf map the last entry of a key counts. */
function lastOfEachKey(bytes: Buffer, offsets: HeaderOffsets, places: readonly number[]): readonly number[] {
  const last = new Map<string, number>();
  for (const at of places) {
    last.set(bytes.toString('latin1', offsets[at] ?? 0, offsets[at + 1] ?? 0), at);
  }
  return [...last.values()];
}

/** Names are compared without regard to case: a proxy that does not lower them hides nothing from a rule. */
function nameEquals(bytes: Buffer, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) {
    return false;
  }
  for (let index = 0; index < name.length; index += 1) {
    const byte = bytes[start + index] ?? 0;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    if (lower !== name.charCodeAt(index) || byte > 0x7f) {
      return false;
    }
  }
  return true;
}

function lowerAscii(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
