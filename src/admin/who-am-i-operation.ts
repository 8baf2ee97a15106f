import { z } from 'zod';
import { type AdminCaller, type Operation, operation } from './operation.ts';

export interface WhoAmIWish {
  /** Whom to look at in place of whoever asks. */
  readonly pid: number | undefined;
  /** One agent listener; undefined means all that are Unix sockets. */
  readonly listener: string | undefined;
}

/** What a process is to one agent listener. For the operator alone. */
export interface WhoAmIView {
  readonly listener: string;
  readonly selectors: readonly string[];
  readonly identities: readonly { readonly entry: string; readonly spiffeId: string }[];
  /** When there is no identity: the entry that comes closest, and what it asks for beside. */
  readonly nearest:
    | { readonly entry: string; readonly spiffeId: string; readonly missing: readonly string[] }
    | undefined;
}

const PID_MAX = 0x7fff_ffff;

/** Says what the kernel tells of a process, and which entries match it. */
export function whoAmIOperation(
  explain: (wish: WhoAmIWish, caller: AdminCaller) => Promise<readonly WhoAmIView[]>,
): Operation {
  const input = z.strictObject({
    pid: z.int().min(1).max(PID_MAX).optional(),
    listener: z.string().max(63).optional(),
  });
  return operation('who-am-i', input, ({ pid, listener }, caller) => explain({ pid, listener }, caller));
}
