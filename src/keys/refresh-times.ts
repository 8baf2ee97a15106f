import type { Random } from '../base/index.ts';
import type { KeysOptions } from './options.ts';

export type RefreshOptions = Pick<KeysOptions, 'refreshDefault' | 'refreshMin' | 'refreshMax'>;

const FIRST_RETRY_MILLIS = 1000;
/** Between tries for a set that was never had: whoever needs it is refused meanwhile. */
const MISSING_RETRY_MILLIS_MAX = 60_000;

/**
 * When to fetch again after a good answer: what the server says, within the bounds, else the default; up to a
 * tenth earlier, so that many sets and many Sallyports do not ask in step.
 */
export function refreshDelayMillis(
  maxAgeSeconds: number | undefined,
  options: RefreshOptions,
  random: Random,
): number {
  const wished = maxAgeSeconds === undefined ? options.refreshDefault.millis : maxAgeSeconds * 1000;
  const bounded = Math.min(Math.max(wished, options.refreshMin.millis), options.refreshMax.millis);
  return Math.round(bounded * (1 - 0.1 * random.fraction()));
}

/** After the nth failure in a row: a second, doubled each time up to the refresh time, half of it by chance. */
export function retryDelayMillis(
  failures: number,
  hasKeys: boolean,
  options: RefreshOptions,
  random: Random,
): number {
  const most = hasKeys
    ? options.refreshDefault.millis
    : Math.min(options.refreshDefault.millis, MISSING_RETRY_MILLIS_MAX);
  const doubled = FIRST_RETRY_MILLIS * 2 ** Math.min(failures - 1, 30);
  return Math.round(Math.min(doubled, most) * (0.5 + 0.5 * random.fraction()));
}
