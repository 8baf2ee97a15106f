import { isIP } from 'node:net';
import { checkUnixPath, SallyportError } from '../base/index.ts';

/**
 * The address of a Workload API as grpc-js names it, from the forms of the SPIFFE Workload Endpoint standard,
 * section 4, and the short `unix:/path`. Throws `ERR_CLI_ENDPOINT`, `ERR_UNIX_PATH_TOO_LONG`.
 */
export function parseWorkloadEndpoint(text: string): string {
  return text.startsWith('unix:') ? parseUnix(text) : parseTcp(text);
}

/** What a command was told in plain words wins over the environment. Throws `ERR_CLI_ENDPOINT` too. */
export function workloadEndpoint(flag: string | undefined, variable: string | undefined): string {
  const text = flag ?? variable ?? '';
  if (text === '') {
    throw new SallyportError('ERR_CLI_ENDPOINT', 'which Workload API is meant is not said', {
      hint: 'give its address with `--socket`, or set `SPIFFE_ENDPOINT_SOCKET`, such as `unix:///run/sallyport/web.sock`',
    });
  }
  return parseWorkloadEndpoint(text);
}

function parseUnix(text: string): string {
  const path = /^unix:(?:\/\/)?(\/(?!\/)[^\0?#]*)$/.exec(text)?.[1];
  if (path === undefined || path.endsWith('/')) {
    throw endpointError(text);
  }
  checkUnixPath(path);
  return `unix:${path}`;
}

function parseTcp(text: string): string {
  const match = /^tcp:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([1-9]\d{0,4})$/.exec(text);
  const [, six, four, port] = match ?? [];
  if (Number(port ?? 0) > 65_535 || port === undefined) {
    throw endpointError(text);
  }
  if (six !== undefined && isIP(six) === 6) {
    return `ipv6:[${six}]:${port}`;
  }
  if (four !== undefined && isIP(four) === 4) {
    return `ipv4:${four}:${port}`;
  }
  throw endpointError(text);
}

function endpointError(text: string): SallyportError {
  return new SallyportError(
    'ERR_CLI_ENDPOINT',
    `\`${text.slice(0, 200)}\` is not the address of a Workload API`,
    {
      hint: 'write `unix:///run/sallyport/web.sock`, or `tcp://127.0.0.1:8081` with an IP address and a port',
    },
  );
}
