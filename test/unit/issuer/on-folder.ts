import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import type { CaOptions } from '../../../src/ca/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import {
  createIssuer,
  type IssuerEvent,
  type SallyportIssuer,
  type SvidRequest,
} from '../../../src/issuer/index.ts';
import { openState } from '../../../src/store/index.ts';
import { verifySvid } from '../../../src/x509/index.ts';
import { type FakeClock, fakeClock } from '../../fakes/clock.ts';
import { seededRandom } from '../../fakes/random.ts';

export const START_MILLIS = 1_800_000_000_000;
export const TRUST_DOMAIN = parseTrustDomain('example.org');

/** A folder under the system's temporary one, gone when the test is over. */
export function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'sp-state-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'state');
}

export interface Running {
  readonly issuer: SallyportIssuer;
  readonly clock: FakeClock;
  readonly events: readonly IssuerEvent[];
  /** Ends it as a stop does. */
  close(): void;
}

let runs = 0;

export async function run(
  folder: string,
  clock: FakeClock = fakeClock(START_MILLIS),
  settings: Record<string, string | boolean> = {},
  trustDomain = TRUST_DOMAIN,
): Promise<Running> {
  // Two starts at one moment must not draw the same serial numbers.
  runs += 1;
  const state = openState(folder);
  const events: IssuerEvent[] = [];
  const options: CaOptions = caOptions.parse(settings);
  try {
    const issuer = await createIssuer({
      // Time is not real here, so the disk must not take any.
      state: { ...state, syncLog: async () => {} },
      trustDomain,
      options,
      clock,
      random: seededRandom(clock.nowMillis() + runs),
      events: (event) => events.push(event),
    });
    let open = true;
    const close = (): void => {
      if (open) {
        open = false;
        issuer.stop();
        state.close();
      }
    };
    onTestFinished(close);
    return { issuer, clock, events, close };
  } catch (error) {
    state.close();
    throw error;
  }
}

export function requestFor(path: string, ttlSeconds?: number): SvidRequest {
  return { spiffeId: parseSpiffeId(`spiffe://example.org${path}`), dnsNames: [], ttlSeconds };
}

export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    return errorCodeOf(error);
  }
}

/** The same clock with no timer under half an hour: for tests that live through weeks. */
export function patient(clock: FakeClock): FakeClock {
  return {
    nowMillis: () => clock.nowMillis(),
    monotonicMillis: () => clock.monotonicMillis(),
    startTimer: (delayMillis, run) => clock.startTimer(Math.max(delayMillis, 1_800_000), run),
    advance: (millis) => clock.advance(millis),
    jump: (millis) => clock.jump(millis),
    get pendingTimers() {
      return clock.pendingTimers;
    },
  };
}

/** The serials from leaf to root after the whole chain was verified. */
export function chainOf({ issuer, clock }: Running, certificates: readonly Uint8Array[]): readonly string[] {
  return verifySvid(certificates, issuer.bundle(), clock.nowMillis() / 1000).path.map(({ serial }) => serial);
}

/** The serials of a certificate issued now. */
export async function chain(running: Running): Promise<readonly string[]> {
  return chainOf(running, (await running.issuer.x509Svid(requestFor('/a'))).certificates);
}
