import type { WireCursor } from './wire-cursor.ts';

/** A socket address as it is written in the message; pipes and internal listeners have none. */
export interface SocketPlace {
  readonly address: string;
  readonly port: number | undefined;
}

/**
 * Reads an `envoy.config.core.v3.Address` over what an earlier piece of it said: a socket address is merged,
 * any other kind of address takes its place.
 */
export function readAddress(
  cursor: WireCursor,
  end: number,
  before: SocketPlace | undefined,
): SocketPlace | undefined {
  let place = before;
  while (cursor.more(end)) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) {
      place = readSocketAddress(cursor, cursor.enter(end), place);
    } else {
      place = tag === 0x12 || tag === 0x1a ? undefined : place;
      cursor.skip(tag, end);
    }
  }
  return place;
}

function readSocketAddress(cursor: WireCursor, end: number, before: SocketPlace | undefined): SocketPlace {
  let address = before?.address ?? '';
  let port = before?.port;
  while (cursor.more(end)) {
    const tag = cursor.tag(end);
    if (tag === 0x12) {
      address = cursor.string(end);
    } else if (tag === 0x18) {
      port = cursor.varint(end);
    } else {
      port = tag === 0x22 ? undefined : port;
      cursor.skip(tag, end);
    }
  }
  return { address, port };
}
