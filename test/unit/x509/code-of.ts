import { errorCodeOf } from '../../../src/base/index.ts';

/** The code of the error that `run` throws, or `accepted`. */
export function codeOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return errorCodeOf(error);
  }
}
