import type { z } from 'zod';
import { SallyportError } from '../base/index.ts';
import type { AttestedConnection } from '../workload/index.ts';

/** Something that can be asked for at the admin socket. */
export interface Operation {
  /** Dotted: `certs.list`. */
  readonly name: string;
  run(input: unknown, caller: AdminCaller): Promise<unknown>;
}

/** Who asks, by the kernel; undefined where it does not say. */
export interface AdminCaller {
  readonly process: AttestedConnection['process'];
}

/** An operation whose input is checked first. Rejects with `ERR_ADMIN_REQUEST` for an input that is not its. */
export function operation<T>(
  name: string,
  input: z.ZodType<T>,
  run: (input: T, caller: AdminCaller) => unknown | Promise<unknown>,
): Operation {
  return {
    name,
    async run(given, caller) {
      const parsed = input.safeParse(given);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new SallyportError(
          'ERR_ADMIN_REQUEST',
          `\`${name}\` does not take this: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
        );
      }
      return run(parsed.data, caller);
    },
  };
}
