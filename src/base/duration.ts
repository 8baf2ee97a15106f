import { SallyportError } from './errors.ts';

/** A length of time that a person wrote; only `parseDuration` and `durationOfMillis` make one. */
export interface Duration {
  readonly millis: number;
  /** May have a fraction. */
  readonly seconds: number;
}

const MILLIS_OF_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  y: 365 * 86_400_000,
};

const PART = /(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d|y)/y;
const DURATION_CHARACTERS_MAX = 64;
const DURATION_MILLIS_MAX = 100 * 365 * 86_400_000;

/**
 * Reads `10s`, `250ms`, `1h30m`, `1.5h`, `10y`: what Go and Kubernetes write, with days of 24 hours and years
 * of 365 days beside; whole milliseconds, at most 100 years. Throws `ERR_DURATION`.
 */
export function parseDuration(text: string): Duration {
  let millis = 0;
  PART.lastIndex = 0;
  while (text.length <= DURATION_CHARACTERS_MAX) {
    const at = PART.lastIndex;
    const part = PART.exec(text);
    if (part === null) {
      break;
    }
    millis += Number(part[1]) * (MILLIS_OF_UNIT[part[2] ?? ''] ?? Number.NaN);
    if (
      at + part[0].length === text.length &&
      Number.isSafeInteger(millis) &&
      millis <= DURATION_MILLIS_MAX
    ) {
      return durationOfMillis(millis);
    }
  }
  throw new SallyportError(
    'ERR_DURATION',
    `\`${text.slice(0, DURATION_CHARACTERS_MAX)}\` is not a duration`,
    {
      hint: 'write a number and a unit, such as `10s`, `5m`, `1h30m`, `24h` or `10y`',
    },
  );
}

/** `parseDuration` that also holds both bounds, inclusive. Throws `ERR_DURATION`. */
export function durationBetween(min: string, max: string): (text: string) => Duration {
  const lowest = parseDuration(min).millis;
  const highest = parseDuration(max).millis;
  return (text) => {
    const duration = parseDuration(text);
    if (duration.millis < lowest || duration.millis > highest) {
      throw new SallyportError('ERR_DURATION', `\`${text}\` is outside ${min} to ${max}`, {
        hint: `choose a duration from ${min} to ${max}`,
      });
    }
    return duration;
  };
}

export function durationOfMillis(millis: number): Duration {
  return { millis, seconds: millis / 1000 };
}
