import { resolve } from 'node:path';
import { type Clock, dropEvents, InvalidFilesError, type Random, SallyportError } from '../base/index.ts';
import { readSettings } from '../config/index.ts';
import { type AuthorityView, openJournal, renewExpiredRoot } from '../issuer/index.ts';
import { openState } from '../store/index.ts';

export interface RenewRootInput {
  readonly settingsPath: string;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Puts a new root into a state folder that nobody uses and whose root is past its end. Rejects with
 * `InvalidFilesError`, `ERR_STATE_*`, `ERR_ISSUER_AUTHORITY`.
 */
export async function renewRootOf({ settingsPath, clock, random }: RenewRootInput): Promise<AuthorityView> {
  const { value: settings, diagnostics } = await readSettings(resolve(settingsPath));
  if (settings === undefined) {
    throw new InvalidFilesError(diagnostics);
  }
  const { stateDir, trustDomain, ca } = settings;
  if (ca.upstream !== undefined) {
    throw new SallyportError(
      'ERR_ISSUER_AUTHORITY',
      `the root is that of \`${ca.upstream.cacerts}\`, and its key is not here`,
      { hint: 'put a new `root-cert.pem` and a CA under it there' },
    );
  }
  const state = openState(stateDir);
  try {
    const journal = openJournal(state, trustDomain);
    return await renewExpiredRoot({
      state,
      journal,
      trustDomain,
      options: ca,
      clock,
      random,
      events: dropEvents,
    });
  } finally {
    state.close();
  }
}
