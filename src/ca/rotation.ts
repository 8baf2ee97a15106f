/** The dates of an authority. */
export interface Lifetime {
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
}

/** The authority that signs, and the one that is ready to follow it. */
export interface Slots {
  readonly active: Lifetime;
  readonly prepared: Lifetime | undefined;
}

export type RotationStep =
  | { readonly kind: 'prepare' }
  | { readonly kind: 'activate' }
  | { readonly kind: 'wait'; readonly untilSeconds: number };

const DAY_SECONDS = 24 * 60 * 60;
const PREPARE_REMAINING_MAX = 30 * DAY_SECONDS;
const ACTIVATE_REMAINING_MAX = 7 * DAY_SECONDS;

/** A certificate is never cut short while its TTL is at most this part of its issuer's. */
export const TTL_RATIO = 6;

/**
 * What has to be done now. A successor is prepared, and published, in the second half of a lifetime (at
 * most 30 days before its end) and takes over in the last sixth (at most 7 days before, but always early
 * enough for a certificate of `childTtlSeconds`). An authority whose dates do not hold `nowSeconds`, as
 * after a jump of the clock, is replaced at once. Preparing comes first even when activating is due.
 */
export function rotationStep(slots: Slots, childTtlSeconds: number, nowSeconds: number): RotationStep {
  const { active, prepared } = slots;
  const { prepareAtSeconds, activateAtSeconds } = rotationTimes(active, childTtlSeconds);
  const usable = prepared !== undefined && isValidAt(prepared, nowSeconds);
  if (nowSeconds >= activateAtSeconds || nowSeconds < active.notBeforeSeconds) {
    return { kind: usable ? 'activate' : 'prepare' };
  }
  if (nowSeconds >= prepareAtSeconds && !usable) {
    return { kind: 'prepare' };
  }
  return { kind: 'wait', untilSeconds: usable ? activateAtSeconds : prepareAtSeconds };
}

export function rotationTimes(
  { notBeforeSeconds, notAfterSeconds }: Lifetime,
  childTtlSeconds: number,
): { readonly prepareAtSeconds: number; readonly activateAtSeconds: number } {
  const lifetime = notAfterSeconds - notBeforeSeconds;
  const lastSixth = lifetime / TTL_RATIO;
  const activateRemaining = Math.max(
    Math.min(lastSixth, ACTIVATE_REMAINING_MAX),
    Math.min(childTtlSeconds, lastSixth),
  );
  const prepareRemaining = Math.min(lifetime / 2, Math.max(PREPARE_REMAINING_MAX, 3 * activateRemaining));
  return {
    prepareAtSeconds: notAfterSeconds - prepareRemaining,
    activateAtSeconds: notAfterSeconds - activateRemaining,
  };
}

export function isValidAt({ notBeforeSeconds, notAfterSeconds }: Lifetime, nowSeconds: number): boolean {
  return nowSeconds >= notBeforeSeconds && nowSeconds < notAfterSeconds;
}
