import { SallyportError } from './errors.ts';
import { parseIpAddress, parseIpRange, rangeContains } from './ip-address.ts';

/** Where a listener listens; only `parseListenAddress` makes one. */
export type ListenAddress =
  | {
      readonly kind: 'tcp';
      /** An IP address without brackets. */
      readonly host: string;
      /** 0 lets the system choose. */
      readonly port: number;
    }
  | {
      readonly kind: 'unix';
      /** As written; `config` resolves a relative one against the settings file. */
      readonly path: string;
    };

/** What the kernel's `sun_path` holds beside its closing NUL, bytes. unix(7). */
export const UNIX_PATH_BYTES_MAX = 107;

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map(parseIpRange).filter((range) => range !== undefined);

/**
 * Reads `127.0.0.1:9191`, `[::1]:9191`, `unix:///run/x.sock` or `unix:run/x.sock`. Throws
 * `ERR_LISTEN_ADDRESS` or `ERR_UNIX_PATH_TOO_LONG`.
 */
export function parseListenAddress(text: string): ListenAddress {
  return text.startsWith('unix:') ? parseUnix(text) : parseTcp(text);
}

/** True when nothing outside this machine can reach the address. */
export function isLocalAddress(address: ListenAddress): boolean {
  if (address.kind === 'unix') {
    return true;
  }
  const host = parseIpAddress(address.host);
  return host !== undefined && LOOPBACK.some((range) => rangeContains(range, host));
}

/** The text that `parseListenAddress` reads again. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') {
    return address.path.startsWith('/') ? `unix://${address.path}` : `unix:${address.path}`;
  }
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Throws `ERR_UNIX_PATH_TOO_LONG` when the kernel would cut or refuse the path of a Unix socket. */
export function checkUnixPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > UNIX_PATH_BYTES_MAX) {
    throw new SallyportError(
      'ERR_UNIX_PATH_TOO_LONG',
      `socket path \`${path}\` has ${bytes} bytes, the kernel takes ${UNIX_PATH_BYTES_MAX}`,
      { hint: 'put the socket into a folder with a short path, such as `/run/sallyport`' },
    );
  }
}

function parseUnix(text: string): ListenAddress {
  const path = text.startsWith('unix:///') ? text.slice('unix://'.length) : text.slice('unix:'.length);
  if (path === '' || path.startsWith('//') || path.endsWith('/') || path.includes('\0')) {
    throw addressError(text, 'write `unix:///run/sallyport/authz.sock`');
  }
  checkUnixPath(path);
  return { kind: 'unix', path };
}

function parseTcp(text: string): ListenAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*)):(0|[1-9]\d{0,4})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw addressError(text, 'write `127.0.0.1:9191`, `[::1]:9191` or `unix:///run/sallyport/authz.sock`');
  }
  const bracketed = match?.[1] !== undefined;
  if (parseIpAddress(host) === undefined || bracketed !== host.includes(':')) {
    const mend = host === 'localhost' ? `127.0.0.1:${port}` : `0.0.0.0:${port}`;
    throw addressError(text, `give an IP address in place of the name, such as \`${mend}\``);
  }
  return { kind: 'tcp', host, port };
}

function addressError(text: string, hint: string): SallyportError {
  return new SallyportError(
    'ERR_LISTEN_ADDRESS',
    `\`${text.slice(0, 200)}\` is not an address to listen on`,
    {
      hint,
    },
  );
}
