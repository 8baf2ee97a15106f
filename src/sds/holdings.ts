import { type Caller, describeCaller } from '../grpc/index.ts';
import { holdLeases, type SvidLease, svidKeyOf, svidRequestOf, type X509Svid } from '../issuer/index.ts';
import type { EntrySet, RegistrationEntry } from '../workload/index.ts';
import type { StreamState } from '../xds/index.ts';

import type { GenericSecrets } from './generic-secrets.ts';
import type { Wishes } from './wish.ts';
import type { Rights } from './wish-book.ts';
import type { World } from './world.ts';

/** Who opened a stream, and what was proven of them when they did. */
export interface Attested {
  readonly caller: Caller;
  readonly selectors: readonly string[];
}

/**
 * What one caller may have by the entries of now, and the SVIDs of it that its stream asks for. An entry
 * that nobody asks for costs no certificate.
 */
export class Holdings {
  readonly #world: World;
  readonly #onChange: () => void;
  readonly #leases = new Map<string, SvidLease>();
  readonly #caller: string;
  #selectors: readonly string[];
  #rights: Rights;
  #set: EntrySet;
  #generic: GenericSecrets;

  constructor(world: World, { caller, selectors }: Attested, onChange: () => void) {
    this.#caller = describeCaller(caller);
    this.#selectors = selectors;
    this.#world = world;
    this.#onChange = onChange;
    this.#set = world.entries();
    this.#generic = world.generic();
    this.#rights = world.rightsOf(this.#set, this.#generic, selectors);
  }

  get selectors(): readonly string[] {
    return this.#selectors;
  }

  /** What the caller is known by from now on. */
  show(selectors: readonly string[]): void {
    if (selectors !== this.#selectors) {
      this.#selectors = selectors;
      this.#rights = this.#world.rightsOf(this.#set, this.#generic, selectors);
    }
  }

  get wishes(): Wishes {
    const set = this.#world.entries();
    const generic = this.#world.generic();
    if (set !== this.#set || generic !== this.#generic) {
      this.#generic = generic;
      this.#set = set;
      this.#rights = this.#world.rightsOf(set, generic, this.#selectors);
    }
    return this.#rights.wishes;
  }

  get entryCount(): number {
    return this.#rights.entryCount;
  }

  /** Takes leases of what the stream asks for now, and lets go of the rest. */
  hold(state: StreamState): void {
    const { wishes } = this;
    const wishesNow = [
      ...[...state.names].map((name) => wishes.of(name)),
      ...(state.wildcard ? wishes.all().values() : []),
    ];
    const wanted = wishesNow.flatMap((wish) => (wish?.kind === 'svid' ? [wish.entry] : []));
    holdLeases(this.#leases, wanted, (entry) => this.#world.pool.lease(entry, this.#onChange, this.#caller));
  }

  /** Undefined while it is being issued. */
  svidOf(entry: RegistrationEntry): X509Svid | undefined {
    return this.#leases.get(svidKeyOf(svidRequestOf(entry)))?.current();
  }

  release(): void {
    for (const lease of this.#leases.values()) {
      lease.release();
    }
    this.#leases.clear();
  }
}
