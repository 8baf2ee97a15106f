import type { TrustBundle, TrustDomain } from '../../src/identity/index.ts';
import type { Issuer, SvidRequest, X509Svid } from '../../src/issuer/index.ts';

/** An issuer whose certificates are text: who they are for, and the how manieth they are. */
export interface FakeIssuer extends Issuer {
  /** Replaces the SVIDs of an identity that are kept, as at half-life. */
  renew(spiffeId: string): void;
  replaceBundle(...roots: readonly string[]): void;
  /** From now on: `hold` lets requests wait, `fail` rejects them; `issue` answers those that wait, too. */
  mode: 'issue' | 'hold' | 'fail';
  /** How many requests are kept renewed now. */
  readonly kept: number;
  readonly issued: number;
}

/** The year 2100; no test lasts longer. */
const NOT_AFTER_SECONDS = 4_102_444_800;

interface Identity {
  readonly request: SvidRequest;
  readonly keepers: Set<(svid: X509Svid) => void>;
  svid: X509Svid | undefined;
}

export function fakeIssuer(trustDomain: TrustDomain): FakeIssuer {
  const identities = new Map<string, Identity>();
  const bundleListeners = new Set<(bundle: TrustBundle) => void>();
  const waiting: (() => void)[] = [];
  let mode: FakeIssuer['mode'] = 'issue';
  let issued = 0;
  let bundle = bundleOf(1, ['root 1']);

  function bundleOf(sequence: number, roots: readonly string[]): TrustBundle {
    return {
      trustDomain,
      x509Authorities: roots.map((root) => Buffer.from(root)),
      jwtAuthorities: [],
      sequence,
      refreshHintSeconds: 300,
    };
  }

  function identityOf(request: SvidRequest): Identity {
    const key = JSON.stringify([request.spiffeId.uri, request.dnsNames, request.ttlSeconds]);
    const known = identities.get(key) ?? { request, keepers: new Set(), svid: undefined };
    identities.set(key, known);
    return known;
  }

  function issue(identity: Identity): X509Svid {
    issued += 1;
    const { spiffeId } = identity.request;
    identity.svid = {
      spiffeId,
      certificates: [Buffer.from(`leaf ${issued} of ${spiffeId.uri}`), Buffer.from('intermediate')],
      privateKey: Buffer.from(`key ${issued}`),
      serial: issued.toString(16),
      notBeforeSeconds: 0,
      notAfterSeconds: NOT_AFTER_SECONDS,
    };
    return identity.svid;
  }

  return {
    async x509Svid(request) {
      const identity = identityOf(request);
      if (identity.svid === undefined && mode === 'hold') {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      if (identity.svid === undefined && mode === 'fail') {
        throw new Error('the signer is away');
      }
      return identity.svid ?? issue(identity);
    },
    keep(request, onRenewed) {
      const { keepers } = identityOf(request);
      const keeper = (svid: X509Svid): void => onRenewed(svid);
      keepers.add(keeper);
      return () => void keepers.delete(keeper);
    },
    bundle: () => bundle,
    onBundleChanged(listener) {
      bundleListeners.add(listener);
      return () => void bundleListeners.delete(listener);
    },
    stop: () => undefined,
    renew(spiffeId) {
      for (const identity of identities.values()) {
        if (identity.request.spiffeId.uri === spiffeId && identity.keepers.size > 0) {
          const svid = issue(identity);
          for (const keeper of [...identity.keepers]) {
            keeper(svid);
          }
        }
      }
    },
    replaceBundle(...roots) {
      bundle = bundleOf(bundle.sequence + 1, roots);
      for (const listener of bundleListeners) {
        listener(bundle);
      }
    },
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      if (next !== 'hold') {
        for (const resolve of waiting.splice(0)) {
          resolve();
        }
      }
    },
    get kept() {
      return [...identities.values()].reduce((sum, { keepers }) => sum + keepers.size, 0);
    },
    get issued() {
      return issued;
    },
  };
}
