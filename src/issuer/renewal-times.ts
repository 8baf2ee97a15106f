import { type Random, TIMER_MILLIS_MAX } from '../base/index.ts';
import type { X509Svid } from './issuer-types.ts';

const RENEW_EARLIEST = 0.4;
const RENEW_LATEST = 0.5;
const RETRY_FIRST_MILLIS = 250;
const RETRY_MILLIS_MAX = 60_000;
const RETRY_MILLIS_MIN = 50;

/**
 * How long after its issuance a certificate is renewed: between 40 and 50 % of the life before it, so that
 * certificates issued in one second are not renewed in one second.
 */
export function renewalDelayMillis(svid: X509Svid, nowMillis: number, random: Random): number {
  const lifeMillis = Math.max(0, svid.notAfterSeconds * 1000 - nowMillis);
  const part = RENEW_EARLIEST + (RENEW_LATEST - RENEW_EARLIEST) * random.fraction();
  return Math.min(lifeMillis * part, TIMER_MILLIS_MAX);
}

/**
 * Doubling from 250 ms up to a minute, half of it by chance; and never over an eighth of what is left of the
 * certificate in force, so that a short one is tried for several times before its end.
 */
export function retryDelayMillis(
  svid: X509Svid | undefined,
  nowMillis: number,
  failures: number,
  random: Random,
): number {
  const leftMillis = svid === undefined ? 0 : svid.notAfterSeconds * 1000 - nowMillis;
  const limit = leftMillis > 0 ? Math.min(RETRY_MILLIS_MAX, leftMillis / 8) : RETRY_MILLIS_MAX;
  const delay = Math.min(RETRY_FIRST_MILLIS * 2 ** Math.min(failures - 1, 16), limit);
  return Math.max(RETRY_MILLIS_MIN, delay * (0.5 + 0.5 * random.fraction()));
}
