import { z } from 'zod';
import {
  checkText,
  formatListenAddress,
  type IssueReport,
  isLocalAddress,
  type ListenAddress,
  parseListenAddress,
  SallyportError,
  textIssue,
} from '../base/index.ts';

/** The keys every gRPC listener has; a room adds its own beside them and `superRefine`s with `checkListener`. */
export const listenerShape = {
  address: z
    .string()
    .transform(checkText(parseListenAddress))
    .describe(
      'IP address and port (port 0 takes a free one), or `unix:///path` for a Unix socket of at most 107 bytes',
    ),
  mode: z
    .string()
    .transform(checkText(parseMode))
    .optional()
    .describe(
      'permissions of the Unix socket, octal in quotes; without it 0600, so that only the user who runs Sallyport gets in',
    ),
  owner: z
    .union([z.string(), z.int().min(0).transform(String)])
    .transform(checkText(parseOwner))
    .optional()
    .describe(
      'owner of the Unix socket as `uid`, `uid:gid` or `:gid`, in numbers, because names differ between containers; needs the right to give files away',
    ),
  allowedSpiffeIds: z
    .array(z.string().transform(checkText(parseAllowedId)))
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'switches on mutual TLS, and only clients with one of these SPIFFE IDs get in; TCP only. Required beyond loopback unless `insecure` says otherwise',
    ),
  insecure: z
    .boolean()
    .default(false)
    .describe(
      'lets anyone who reaches the address call without TLS; beyond loopback that has to be said in plain words because whoever calls is believed',
    ),
};

/** What stands in the settings for one gRPC listener, checked. */
export interface ListenerOptions {
  readonly address: ListenAddress;
  readonly mode?: number | undefined;
  readonly owner?: SocketOwner | undefined;
  /** Present: mutual TLS, and these alone get in. */
  readonly allowedSpiffeIds?: readonly string[] | undefined;
  readonly insecure: boolean;
}

export interface SocketOwner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** The permissions of a Unix socket whose listener names none. */
export const SOCKET_MODE_DEFAULT = 0o600;

/** A listener is closed to strangers unless its settings say otherwise in plain words. */
export function checkListener(listener: ListenerOptions, report: IssueReport): void {
  const { address, allowedSpiffeIds, insecure } = listener;
  if (address.kind === 'unix' && allowedSpiffeIds !== undefined) {
    report.addIssue(
      textIssue(
        'ERR_LISTENER_OPTIONS',
        'mutual TLS is for TCP addresses',
        'use `mode` and `owner` on a Unix socket',
        ['allowedSpiffeIds'],
      ),
    );
  }
  for (const key of ['mode', 'owner'] as const) {
    if (address.kind === 'tcp' && listener[key] !== undefined) {
      report.addIssue(
        textIssue(
          'ERR_LISTENER_OPTIONS',
          `\`${key}\` is for Unix sockets`,
          'leave it out, or use a `unix:` address',
          [key],
        ),
      );
    }
  }
  if (insecure && allowedSpiffeIds !== undefined) {
    report.addIssue(
      textIssue('ERR_LISTENER_OPTIONS', '`insecure` contradicts `allowedSpiffeIds`', 'keep one of the two', [
        'insecure',
      ]),
    );
  }
  if (!isLocalAddress(address) && !insecure && allowedSpiffeIds === undefined) {
    report.addIssue(
      textIssue(
        'ERR_LISTENER_OPEN',
        `\`${formatListenAddress(address)}\` can be reached from other machines, and nothing says who may call`,
        'add `allowedSpiffeIds` (mutual TLS), listen on loopback or a Unix socket, or say `insecure: true`',
        ['address'],
      ),
    );
  }
}

function parseMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) {
    throw new SallyportError('ERR_LISTENER_OPTIONS', `\`${text.slice(0, 20)}\` is not a file mode`, {
      hint: 'write three octal digits in quotes, such as `"0660"`',
    });
  }
  return Number.parseInt(text, 8);
}

function parseOwner(text: string): SocketOwner {
  const match = /^(\d{1,10})?(?::(\d{1,10}))?$/.exec(text);
  const [uid, gid] = [match?.[1], match?.[2]].map((id) => (id === undefined ? undefined : Number(id)));
  const tooLarge = [uid, gid].some((id) => id !== undefined && id > 0xffff_fffe);
  if (match === null || tooLarge || (uid === undefined && gid === undefined)) {
    throw new SallyportError('ERR_LISTENER_OPTIONS', `\`${text.slice(0, 40)}\` is not an owner`, {
      hint: 'write `"101"`, `"101:101"` or `":101"`',
    });
  }
  return { uid, gid };
}

/** `grpc` sees names of certificates as text, so it checks the grammar of SPIFFE-ID section 2 by itself. */
function parseAllowedId(text: string): string {
  const match = /^spiffe:\/\/[a-z0-9._-]{1,255}((?:\/[A-Za-z0-9._-]+)+)$/.exec(text);
  const segments = match?.[1]?.split('/') ?? ['.'];
  if (text.length > 2048 || segments.some((segment) => segment === '.' || segment === '..')) {
    throw new SallyportError(
      'ERR_LISTENER_OPTIONS',
      `\`${text.slice(0, 200)}\` is not the SPIFFE ID of a client`,
      {
        hint: 'write the whole ID, such as `spiffe://example.org/ns/web/sa/frontend`',
      },
    );
  }
  return text;
}
