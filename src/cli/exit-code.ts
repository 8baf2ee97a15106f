import { type ErrorCode, errorCodeOf } from '../base/index.ts';

/** What the process says when it ends; scripts may rely on these. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** Settings, policies, workloads, entries, or the command line hold an error. */
  invalidInput: 2,
  /** Something that must be installed is not there. */
  missingProgram: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOf(error: unknown): ExitCode {
  return EXIT_OF_CODE[errorCodeOf(error)] ?? EXIT.failed;
}

const EXIT_OF_CODE: Partial<Readonly<Record<ErrorCode, ExitCode>>> = {
  ERR_INVALID_FILES: EXIT.invalidInput,
  ERR_CLI_ARGUMENT: EXIT.invalidInput,
  ERR_ENVOY_CUSTOM: EXIT.invalidInput,
  ERR_ENVOY_KEY_SET: EXIT.invalidInput,
  ERR_ENVOY_WORKLOAD: EXIT.invalidInput,
  ERR_LAB_ENVOY_MISSING: EXIT.missingProgram,
};
