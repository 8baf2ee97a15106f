/** Who is at the other end of a connection, as the transport proves it; never what the caller says. */
export interface Caller {
  /** Opaque, `conn:<random>`, one per connection; for logs. */
  readonly connectionId: string;
  /** The name of the listener it came in by. */
  readonly listener: string;
  readonly transport: 'unix' | 'tcp' | 'mtls';
  /** URI names of the client certificate, checked against the listener's trust; empty without mTLS. */
  readonly peerUris: readonly string[];
  /** From the kernel, on Unix sockets where it can be had. */
  readonly process: CallerProcess | undefined;
}

/** Who it is in a few words, for people and for the inventory. */
export function describeCaller({ listener, peerUris, process }: Caller): string {
  const who =
    process === undefined
      ? peerUris.join(' ')
      : `${process.pid === 0 ? '' : `pid=${process.pid} `}uid=${process.uid} gid=${process.gid}`;
  return `${listener} ${who}`.trim().slice(0, CALLER_CHARS_MAX);
}

const CALLER_CHARS_MAX = 300;

/** The process that opened the connection, by its ids at that moment. */
export interface CallerProcess {
  /** 0 when the caller lives in another PID namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /**
   * Whether `pid` is still that process, so that what `/proc` says of it is about the caller. False as well
   * when that cannot be known, for pid 0, and once the connection is closed.
   */
  isAlive(): boolean;
}
