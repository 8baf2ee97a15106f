import { type Clock, errorText, type Random, SallyportError, TIMER_MILLIS_MAX } from '../base/index.ts';
import type { CaOptions } from '../ca/index.ts';
import type { SpiffeId, TrustBundle, TrustDomain } from '../identity/index.ts';
import type { State } from '../store/index.ts';
import { type Authorities, authorityOf, slot, startAuthorities } from './authorities.ts';
import { openJournal, readJournal } from './authority-journal.ts';
import { watchClock } from './clock-watch.ts';
import { createIdentities } from './identities.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import type { Issuer, X509Svid } from './issuer-types.ts';
import { type MintedX509, type MintRequest, mint } from './mint.ts';
import { checkIssuableId, serverIdOf } from './reserved-ids.ts';
import { createWorkSlices } from './work-slices.ts';

export interface IssuerInput {
  readonly state: State;
  readonly trustDomain: TrustDomain;
  readonly options: CaOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: IssuerEventSink;
}

/** The issuer as `app` and `cli` see it: with Sallyport's own identity and certificates on demand. */
export interface SallyportIssuer extends Issuer {
  readonly serverId: SpiffeId;
  /** Like `x509Svid`, for Sallyport itself. */
  serverSvid(): Promise<X509Svid>;
  /** Like `keep`, for Sallyport itself. */
  keepServerSvid(onRenewed: (svid: X509Svid) => void): () => void;
  /** Issues once, without keeping. */
  mintX509(request: MintRequest): Promise<MintedX509>;
}

/** What can be done beside a running Sallyport, from its state folder. */
export interface Minter {
  readonly bundle: readonly Uint8Array[];
  mintX509(request: MintRequest): Promise<MintedX509>;
}

const IDLE_IDENTITIES_MAX = 20_000;
const RETRY_MILLIS = 5000;
/** A long wait is cut, because timers do not follow small corrections of the clock. */
const WAIT_MILLIS_MAX = Math.min(TIMER_MILLIS_MAX, 60 * 60 * 1000);

/**
 * Starts the issuer on a state folder: loads its authorities, or makes a root and an intermediate at the
 * first start. Throws `ERR_ISSUER_*`, `ERR_STATE_*`.
 */
export async function createIssuer(input: IssuerInput): Promise<SallyportIssuer> {
  const { state, trustDomain, clock, random, events } = input;
  const authorities = await startAuthorities({ ...input, journal: openJournal(state, trustDomain) });
  const slices = createWorkSlices(clock);
  const mintNow = (request: MintRequest): Promise<MintedX509> =>
    slices.run(() => mint(request, { ...input, authority: authorities.active }));
  const identities = createIdentities({
    issue: async (request) => svidOf(await mintNow(request)),
    clock,
    random,
    events,
    idleMax: IDLE_IDENTITIES_MAX,
  });
  const rotation = createRotation(authorities, input);
  const stopWatching = watchClock(clock, (jumpMillis) => {
    events({
      level: 'warn',
      event: 'issuer.clockJumped',
      message: `the clock jumped by ${Math.round(jumpMillis / 1000)} s, every date is looked at again`,
      fields: { jumpMillis },
    });
    void rotation.advance().then(() => identities.review());
  });
  const serverRequest = { spiffeId: serverIdOf(trustDomain), dnsNames: [], ttlSeconds: undefined };
  return {
    async x509Svid(request) {
      checkIssuableId(request.spiffeId, trustDomain);
      return identities.svid(request);
    },
    keep(request, onRenewed) {
      checkIssuableId(request.spiffeId, trustDomain);
      return identities.keep(request, onRenewed);
    },
    bundle: () => authorities.bundle,
    onBundleChanged: rotation.onBundleChanged,
    stop() {
      stopWatching();
      rotation.stop();
      identities.stop();
    },
    serverId: serverRequest.spiffeId,
    serverSvid: () => identities.svid(serverRequest),
    keepServerSvid: (onRenewed) => identities.keep(serverRequest, onRenewed),
    async mintX509(request) {
      checkIssuableId(request.spiffeId, trustDomain);
      return mintNow(request);
    },
  };
}

/**
 * A minter on a state that another Sallyport may hold (`readState`): it signs with the intermediate in force
 * and changes nothing. Throws `ERR_ISSUER_NOT_STARTED` when there is none yet.
 */
export function createMinter(input: IssuerInput): Minter {
  const { state, trustDomain } = input;
  const journal = readJournal(state, trustDomain);
  const active = journal === undefined ? undefined : slot(journal, 'intermediate', 'active');
  if (journal === undefined || active === undefined) {
    throw new SallyportError('ERR_ISSUER_NOT_STARTED', `state folder \`${state.folder}\` holds no CA yet`, {
      hint: 'start sallyport once',
    });
  }
  return {
    bundle: journal.list('root').map((record) => record.certificate.der),
    async mintX509(request) {
      checkIssuableId(request.spiffeId, trustDomain);
      return mint(request, { ...input, authority: authorityOf(state, active) });
    },
  };
}

interface Rotation {
  /** Never rejects; a failure is told and tried again. */
  advance(): Promise<void>;
  onBundleChanged(listener: (bundle: TrustBundle) => void): () => void;
  stop(): void;
}

function createRotation(authorities: Authorities, { clock, events }: IssuerInput): Rotation {
  const listeners = new Set<(bundle: TrustBundle) => void>();
  let published = authorities.bundle;
  let running: Promise<void> | undefined;
  let stopped = false;
  let timer = clock.startTimer(0, () => void advance());

  function advance(): Promise<void> {
    running ??= advanceOnce().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function advanceOnce(): Promise<void> {
    let delayMillis = RETRY_MILLIS;
    try {
      const untilSeconds = await authorities.advance();
      delayMillis = Math.min(Math.max(untilSeconds * 1000 - clock.nowMillis(), 0), WAIT_MILLIS_MAX);
      publish();
    } catch (error) {
      events({
        level: 'error',
        event: 'issuer.rotationFailed',
        message: `the CA could not be rotated, and is tried again: ${errorText(error)}`,
        error,
      });
    }
    timer.cancel();
    if (!stopped) {
      timer = clock.startTimer(delayMillis, () => void advance());
    }
  }

  function publish(): void {
    const { bundle } = authorities;
    if (bundle.sequence === published.sequence) {
      return;
    }
    published = bundle;
    for (const listener of [...listeners]) {
      try {
        listener(bundle);
      } catch (error) {
        const message = `a new bundle was not taken: ${errorText(error)}`;
        events({ level: 'error', event: 'issuer.listenerFailed', message, error });
      }
    }
  }

  return {
    advance,
    onBundleChanged(listener) {
      const entry = (bundle: TrustBundle): void => listener(bundle);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    stop() {
      stopped = true;
      timer.cancel();
      listeners.clear();
    },
  };
}

function svidOf(minted: MintedX509): X509Svid {
  const { privateKey } = minted;
  if (privateKey === undefined) {
    throw new SallyportError('ERR_INTERNAL', 'a certificate in force has no key');
  }
  return { ...minted, privateKey };
}
