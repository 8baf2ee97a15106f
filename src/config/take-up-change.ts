import type { EventSink } from '../base/index.ts';

export interface ChangeTaker {
  readonly events: EventSink;
  readonly onChange: () => void | Promise<void>;
}

/** Hands a change of watched files on, unless the watch is being stopped; what goes wrong there is told and ends no watch. */
export async function takeUpChange({ events, onChange }: ChangeTaker, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return;
  }
  try {
    await onChange();
  } catch (error) {
    events({
      level: 'error',
      event: 'config.change_failed',
      message: 'a change of watched files could not be taken up',
      error,
    });
  }
}
