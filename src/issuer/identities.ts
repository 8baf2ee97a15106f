import { type Clock, errorText, type Random, type Timer } from '../base/index.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import type { SvidRequest, X509Svid } from './issuer-types.ts';
import { renewalDelayMillis, retryDelayMillis } from './renewal-times.ts';

export interface IdentitiesInput {
  /** Makes a new key pair and a certificate for it. */
  readonly issue: (request: SvidRequest) => Promise<X509Svid>;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: IssuerEventSink;
  /** Identities that nobody keeps and that are remembered all the same. */
  readonly idleMax: number;
}

/** The identities in force: one certificate for equal requests, renewed in time while somebody keeps it. */
export interface Identities {
  svid(request: SvidRequest): Promise<X509Svid>;
  keep(request: SvidRequest, onRenewed: (svid: X509Svid) => void): () => void;
  /** Looks at every date again, as after a jump of the clock. */
  review(): void;
  stop(): void;
}

interface Identity {
  readonly request: SvidRequest;
  readonly keepers: Set<(svid: X509Svid) => void>;
  svid: X509Svid | undefined;
  /** By the wall clock. */
  renewAtMillis: number;
  pending: Promise<X509Svid> | undefined;
  timer: Timer | undefined;
  failures: number;
}

export function createIdentities(input: IdentitiesInput): Identities {
  const { clock } = input;
  const identities = new Map<string, Identity>();
  let stopped = false;

  const schedule = (identity: Identity, delayMillis: number): void => {
    identity.timer?.cancel();
    identity.timer =
      stopped || identity.keepers.size === 0
        ? undefined
        : clock.startTimer(delayMillis, () => renewInBackground(identity));
  };

  const renew = (identity: Identity): Promise<X509Svid> => {
    identity.pending ??= issueNew(identity).finally(() => {
      identity.pending = undefined;
    });
    return identity.pending;
  };

  const issueNew = async (identity: Identity): Promise<X509Svid> => {
    try {
      const svid = await input.issue(identity.request);
      const delayMillis = renewalDelayMillis(svid, clock.nowMillis(), input.random);
      identity.svid = svid;
      identity.failures = 0;
      identity.renewAtMillis = clock.nowMillis() + delayMillis;
      schedule(identity, delayMillis);
      notify(identity, svid, input.events);
      return svid;
    } catch (error) {
      identity.failures += 1;
      const { svid, failures } = identity;
      schedule(identity, retryDelayMillis(svid, clock.nowMillis(), failures, input.random));
      input.events({
        level: 'error',
        event: 'issuer.renewalFailed',
        message: `no certificate for \`${identity.request.spiffeId.uri}\`: ${errorText(error)}`,
        fields: { spiffeId: identity.request.spiffeId.uri, failures },
        error,
      });
      throw error;
    }
  };

  /** The failure was told as an event, and a retry is on its way. */
  const renewInBackground = (identity: Identity): void => {
    renew(identity).catch(() => undefined);
  };

  const isDue = (identity: Identity): boolean =>
    identity.svid === undefined ||
    clock.nowMillis() >= identity.renewAtMillis ||
    !isInForce(identity.svid, clock.nowMillis());

  const identityOf = (request: SvidRequest): Identity => {
    const key = keyOf(request);
    let identity = identities.get(key);
    if (identity === undefined) {
      evict(identities, input.idleMax);
      identity = {
        request,
        keepers: new Set(),
        svid: undefined,
        renewAtMillis: 0,
        pending: undefined,
        timer: undefined,
        failures: 0,
      };
      identities.set(key, identity);
    }
    return identity;
  };

  return {
    async svid(request) {
      const identity = identityOf(request);
      const { svid } = identity;
      if (svid !== undefined && !isDue(identity)) {
        return svid;
      }
      if (svid === undefined || !isInForce(svid, clock.nowMillis())) {
        return renew(identity);
      }
      return identity.keepers.size > 0 ? svid : renew(identity).catch(() => svid);
    },
    keep(request, onRenewed) {
      const identity = identityOf(request);
      const keeper = (svid: X509Svid): void => onRenewed(svid);
      identity.keepers.add(keeper);
      if (isDue(identity)) {
        renewInBackground(identity);
      } else if (identity.timer === undefined) {
        schedule(identity, identity.renewAtMillis - clock.nowMillis());
      }
      return () => {
        identity.keepers.delete(keeper);
        if (identity.keepers.size === 0) {
          identity.timer?.cancel();
          identity.timer = undefined;
        }
      };
    },
    review() {
      for (const identity of identities.values()) {
        if (identity.keepers.size > 0 && isDue(identity)) {
          renewInBackground(identity);
        } else if (identity.keepers.size > 0) {
          schedule(identity, identity.renewAtMillis - clock.nowMillis());
        }
      }
    },
    stop() {
      stopped = true;
      for (const identity of identities.values()) {
        identity.timer?.cancel();
        identity.keepers.clear();
      }
    },
  };
}

function isInForce(svid: X509Svid, nowMillis: number): boolean {
  return nowMillis >= svid.notBeforeSeconds * 1000 && nowMillis < svid.notAfterSeconds * 1000;
}

function notify(identity: Identity, svid: X509Svid, events: IssuerEventSink): void {
  for (const keeper of [...identity.keepers]) {
    try {
      keeper(svid);
    } catch (error) {
      events({
        level: 'error',
        event: 'issuer.listenerFailed',
        message: `a renewed certificate was not taken: ${errorText(error)}`,
        fields: { spiffeId: identity.request.spiffeId.uri },
        error,
      });
    }
  }
}

function keyOf({ spiffeId, dnsNames, ttlSeconds }: SvidRequest): string {
  return JSON.stringify([spiffeId.uri, ttlSeconds ?? null, ...dnsNames]);
}

/** Makes room for one more by dropping the oldest that nobody keeps, a tenth at a time. */
function evict(identities: Map<string, Identity>, idleMax: number): void {
  const idle = [...(identities.size > idleMax ? identities : [])].filter(
    ([, { keepers, pending }]) => keepers.size === 0 && pending === undefined,
  );
  if (idle.length >= idleMax) {
    for (const [key] of idle.slice(0, Math.ceil(idleMax / 10))) {
      identities.delete(key);
    }
  }
}
