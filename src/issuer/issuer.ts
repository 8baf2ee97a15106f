import { type Clock, type Random, SallyportError } from '../base/index.ts';
import type { CaOptions } from '../ca/index.ts';
import type { SpiffeId, TrustDomain } from '../identity/index.ts';
import type { State } from '../store/index.ts';
import type { Certificate } from '../x509/index.ts';
import { type Authorities, type AuthoritiesInput, rootOf, startAuthorities } from './authorities.ts';
import { type AuthorityControl, createAuthorityControl } from './authority-control.ts';
import { type AuthorityJournal, openJournal } from './authority-journal.ts';
import { readPassphrase } from './authority-keys.ts';
import { type CertificateControl, createCertificateControl } from './certificate-control.ts';
import { watchClock } from './clock-watch.ts';
import { type CrlSource, createCrls } from './crls.ts';
import { createIdentities, type Identities, type IssuedSvid } from './identities.ts';
import { type Inventory, openInventory } from './inventory.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import type { Issuer, X509Svid } from './issuer-types.ts';
import { createJwtSvids, type JwtIssuer } from './jwt-svids.ts';
import { type MintedX509, type MintRequest, mint } from './mint.ts';
import { checkIssuableId, serverIdOf } from './reserved-ids.ts';
import { createRotation, type Rotation } from './rotation.ts';
import type { UpstreamAuthority } from './upstream.ts';
import { startUpstreamAuthorities } from './upstream-authorities.ts';
import { createUpstreamControl } from './upstream-control.ts';
import { createWorkSlices } from './work-slices.ts';

export interface IssuerInput {
  readonly state: State;
  readonly trustDomain: TrustDomain;
  readonly options: CaOptions;
  /** The CA comes from there; without it we have a root of our own. */
  readonly upstream?: UpstreamAuthority | undefined;
  /** Keeps revocation lists signed. */
  readonly wantsCrls?: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: IssuerEventSink;
}

/** The issuer as `app` and `cli` see it: with Sallyport's own identity and certificates on demand. */
export interface SallyportIssuer extends Issuer, JwtIssuer {
  readonly serverId: SpiffeId;
  /** Like `x509Svid`, for Sallyport itself. */
  serverSvid(): Promise<X509Svid>;
  /** Like `keep`, for Sallyport itself. */
  keepServerSvid(onRenewed: (svid: X509Svid) => void): () => void;
  /** What was issued: to look at and to take back. */
  readonly certificates: CertificateControl;
  /** The intermediates whose certificates are about; another list after each step of the rotation. */
  intermediates(): readonly Certificate[];
  /** There when they are wanted. */
  readonly crls: CrlSource | undefined;
  /** Rotation by hand. */
  readonly authority: AuthorityControl;
  /** Issues once, without keeping. */
  mintX509(request: MintRequest): Promise<MintedX509>;
}

const IDLE_IDENTITIES_MAX = 20_000;
/** What the inventory says of a certificate that a person asked for. */
const ON_DEMAND = 'mint';
/** And of one that is our own. */
const SALLYPORT = 'sallyport';

/**
 * Starts the issuer on a state folder: loads its authorities, or makes a root and an intermediate at the
 * first start. Throws `ERR_ISSUER_*`, `ERR_STATE_*`.
 */
export async function createIssuer(input: IssuerInput): Promise<SallyportIssuer> {
  const { state, trustDomain, clock, random, events } = input;
  const journal = openJournal(state, trustDomain);
  const inventory = openInventory({ state, keepSeconds: input.options.keepIssued.seconds, clock, events });
  const passphrase = readPassphrase(input.options.passphraseFile);
  const { authorities, controlOf, stop: stopCa } = await startCa({ ...input, journal, passphrase });
  const mintNow = createMinting({ ...input, authorities, inventory });
  const identities = createIdentities({
    issue: async (request, caller) => svidOf(await mintNow(request, caller)),
    isSpoiled: ({ issuerKeyId, serial }) =>
      authorities.isTainted(issuerKeyId) || inventory.isRevoked(issuerKeyId, serial),
    clock,
    random,
    events,
    idleMax: IDLE_IDENTITIES_MAX,
  });
  const crls = input.wantsCrls
    ? createCrls({ ...input, signers: () => authorities.signers(), inventory })
    : undefined;
  await crls?.review();
  const rotation = createRotation(authorities, { clock, events, onAdvanced: () => crls?.review() }, () =>
    identities.review(),
  );
  const stopWatching = followClock(input, rotation, identities);
  const serverRequest = { spiffeId: serverIdOf(trustDomain), dnsNames: [], ttlSeconds: undefined };
  return {
    async x509Svid(request, caller) {
      checkIssuableId(request.spiffeId, trustDomain);
      return identities.svid(request, caller);
    },
    keep(request, onRenewed, caller) {
      checkIssuableId(request.spiffeId, trustDomain);
      return identities.keep(request, onRenewed, caller);
    },
    ...createTokens({ ...input, authorities, inventory }),
    certificates: createCertificateControl(inventory, {
      trustDomain,
      events,
      onRevoked() {
        void crls?.review();
        identities.review();
      },
    }),
    authority: controlOf(rotation, identities),
    bundle: () => authorities.bundle,
    crls,
    intermediates: () => authorities.intermediates,
    onBundleChanged: rotation.onBundleChanged,
    stop() {
      stopWatching();
      stopCa();
      rotation.stop();
      crls?.stop();
      identities.stop();
      inventory.stop();
    },
    serverId: serverRequest.spiffeId,
    serverSvid: () => identities.svid(serverRequest, () => SALLYPORT),
    keepServerSvid: (onRenewed) => identities.keep(serverRequest, onRenewed, () => SALLYPORT),
    async mintX509(request) {
      checkIssuableId(request.spiffeId, trustDomain);
      return mintNow(request, ON_DEMAND);
    },
  };
}

/** Timers know nothing of a jump, so everything with a date is looked at again. */
function followClock({ clock, events }: IssuerInput, rotation: Rotation, identities: Identities): () => void {
  return watchClock(clock, (jumpMillis) => {
    events({
      level: 'warn',
      event: 'issuer.clockJumped',
      message: `the clock jumped by ${Math.round(jumpMillis / 1000)} s, every date is looked at again`,
      fields: { jumpMillis },
    });
    void rotation.advance().then(() => identities.review());
  });
}

interface Ca {
  readonly authorities: Authorities;
  /** Rotation by hand; from now on changes of an upstream are taken up too. */
  controlOf(rotation: Rotation, identities: Identities): AuthorityControl;
  stop(): void;
}

/** The CA of the state folder, or the one that comes from above. */
async function startCa(input: AuthoritiesInput & Pick<IssuerInput, 'upstream'>): Promise<Ca> {
  const { upstream, journal } = input;
  if (upstream === undefined) {
    const authorities = await startAuthorities(input);
    return {
      authorities,
      controlOf: ({ change }, identities) =>
        createAuthorityControl({
          ...input,
          change,
          countUnder: ({ id: rootId }) => countUnder(journal, identities, rootId),
        }),
      stop: () => undefined,
    };
  }
  const authorities = await startUpstreamAuthorities({ ...input, upstream });
  let stopFollowing = (): void => undefined;
  return {
    authorities,
    controlOf({ change }) {
      stopFollowing = upstream.onChange(() => void change(() => authorities.reload()));
      return createUpstreamControl(authorities, upstream.name);
    },
    stop: () => stopFollowing(),
  };
}

function createTokens(
  input: IssuerInput & { readonly authorities: Authorities; readonly inventory: Inventory },
): JwtIssuer {
  const { authorities, inventory, trustDomain } = input;
  const tokens = createJwtSvids({
    ...input,
    keys: () => authorities.jwtKeys,
    bundle: () => authorities.bundle,
  });
  return {
    async jwtSvid(request) {
      checkIssuableId(request.spiffeId, trustDomain);
      checkNotStopped(inventory, request.spiffeId.uri);
      return tokens.jwtSvid(request);
    },
    validateJwtSvid: tokens.validateJwtSvid,
  };
}

/** Issues and records, in slices: nothing leaves before the inventory has it. */
function createMinting(
  input: IssuerInput & { readonly authorities: Authorities; readonly inventory: Inventory },
): (request: MintRequest, caller: string | undefined) => Promise<MintedX509> {
  const { authorities, inventory, clock } = input;
  const slices = createWorkSlices(clock);
  return async (request, caller) => {
    const { uri } = request.spiffeId;
    checkNotStopped(inventory, uri);
    const minted = await slices.run(() =>
      mint(request, { ...input, authority: authorities.active, chain: authorities.chain }),
    );
    await inventory.record({ ...minted, spiffeId: uri, caller, issuedAtSeconds: clock.nowMillis() / 1000 });
    // The identity may have been stopped meanwhile; what was recorded by then is revoked.
    checkNotStopped(inventory, uri);
    return minted;
  };
}

/** Certificates in use that a root is behind. */
function countUnder(journal: AuthorityJournal, identities: Identities, rootId: string): number {
  const intermediates = journal
    .list('intermediate')
    .filter(({ certificate }) => rootOf(journal, certificate)?.id === rootId);
  const under = new Set(intermediates.map(({ id }) => id));
  return identities.countKept(({ issuerKeyId }) => under.has(issuerKeyId));
}

function checkNotStopped(inventory: Inventory, uri: string): void {
  if (inventory.isStopped(uri)) {
    throw new SallyportError('ERR_ISSUER_STOPPED', `issuance for \`${uri}\` is stopped`, {
      hint: 'allow it again with `sallyport certs allow`',
    });
  }
}

function svidOf(minted: MintedX509): IssuedSvid {
  const { privateKey } = minted;
  if (privateKey === undefined) {
    throw new SallyportError('ERR_INTERNAL', 'a certificate in force has no key');
  }
  return { ...minted, privateKey };
}
