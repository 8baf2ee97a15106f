import { SallyportError, type Timer } from '../base/index.ts';
import { type Caller, describeCaller } from '../grpc/index.ts';
import { holdLeases, type SvidLease, svidKeyOf, svidRequestOf, type X509Svid } from '../issuer/index.ts';
import type { RegistrationEntry } from '../workload/index.ts';
import { rootsOf } from './bundles.ts';
import type { X509SvidMessage, X509SvidResponse } from './messages.ts';
import type { StreamContent } from './state-stream.ts';
import type { World } from './world.ts';

/** How long an answer waits for a certificate that is being issued before it goes out without. */
const PATIENCE_MILLIS = 5000;

/** The X.509-SVIDs of one caller, kept renewed while its stream is open. */
export class X509Holdings {
  readonly #world: World;
  readonly #caller: string;
  readonly #onChange: () => void;
  readonly #leases = new Map<string, SvidLease>();
  #patience: Timer | undefined;
  #isOutOfPatience = false;
  #isReleased = false;

  /** `onChange` is called whenever `contentFor` may say something new. */
  constructor(world: World, caller: Caller, onChange: () => void) {
    this.#caller = describeCaller(caller);
    this.#world = world;
    this.#onChange = onChange;
  }

  /**
   * The answer for these entries. Undefined while one of them is being issued; throws
   * `ERR_WORKLOAD_API_NOT_READY` when none could be for too long.
   */
  contentFor(entries: readonly RegistrationEntry[]): StreamContent<X509SvidResponse> | undefined {
    this.#hold(entries);
    const held = entries.flatMap((entry) => {
      const svid = this.#leases.get(svidKeyOf(svidRequestOf(entry)))?.current();
      return svid === undefined ? [] : [{ entry, svid }];
    });
    if (held.length === entries.length) {
      this.#patience?.cancel();
      this.#patience = undefined;
      this.#isOutOfPatience = false;
    } else if (!this.#isOutOfPatience) {
      this.#patience ??= this.#world.clock.startTimer(PATIENCE_MILLIS, () => {
        this.#patience = undefined;
        this.#isOutOfPatience = true;
        this.#onChange();
      });
      return undefined;
    }
    if (held.length === 0) {
      throw new SallyportError('ERR_WORKLOAD_API_NOT_READY', 'no certificate could be issued in time');
    }
    return this.#answer(held);
  }

  release(): void {
    this.#isReleased = true;
    this.#patience?.cancel();
    for (const lease of this.#leases.values()) {
      lease.release();
    }
    this.#leases.clear();
  }

  #answer(
    held: readonly { readonly entry: RegistrationEntry; readonly svid: X509Svid }[],
  ): StreamContent<X509SvidResponse> {
    const bundle = this.#world.bundle();
    const roots = rootsOf(bundle);
    const svids = held.map(
      ({ entry, svid }): X509SvidMessage => ({
        spiffe_id: svid.spiffeId.uri,
        x509_svid: Buffer.concat(svid.certificates),
        x509_svid_key: svid.privateKey,
        bundle: roots,
        hint: entry.hint,
      }),
    );
    return {
      response: { svids, crl: [], federated_bundles: {} },
      version: JSON.stringify([
        Buffer.from(roots).toString('base64'),
        ...held.map(({ entry, svid }) => [svid.spiffeId.uri, svid.serial, entry.hint]),
      ]),
    };
  }

  /** Takes leases of what the entries name now, and lets go of the rest. */
  #hold(entries: readonly RegistrationEntry[]): void {
    if (this.#isReleased) {
      return;
    }
    holdLeases(this.#leases, entries, (entry) => this.#world.pool.lease(entry, this.#onChange, this.#caller));
  }
}
