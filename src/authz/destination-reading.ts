import type { Target } from '../policy/index.ts';

/** Which workload is asked for, or why nobody can say. */
export type DestinationReading = FoundDestination | RefusedDestination;

export interface FoundDestination {
  readonly kind: 'destination';
  readonly target: Target;
  /** For people. */
  readonly name: string;
}

export interface RefusedDestination {
  readonly kind: 'refused';
  readonly reason: 'destination_unknown' | 'destination_ambiguous';
}

export const UNKNOWN: RefusedDestination = { kind: 'refused', reason: 'destination_unknown' };
export const AMBIGUOUS: RefusedDestination = { kind: 'refused', reason: 'destination_ambiguous' };
