import { type Clock, LIMITS, type Random, SallyportError } from '../base/index.ts';
import { type CaOptions, TTL_RATIO } from '../ca/index.ts';
import type { TrustBundle, TrustDomain } from '../identity/index.ts';
import type { State } from '../store/index.ts';
import type { Certificate } from '../x509/index.ts';
import { assembleBundle } from './assemble-bundle.ts';
import type { Authorities } from './authorities.ts';
import type { AuthorityJournal } from './authority-journal.ts';
import type { Passphrase } from './authority-keys.ts';
import { type CheckedUpstream, checkUpstream } from './check-upstream.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import { type JwtKeys, startJwtKeys } from './jwt-keys.ts';
import type { UpstreamAuthority } from './upstream.ts';
import { openUpstreamJournal } from './upstream-journal.ts';

export interface UpstreamAuthoritiesInput {
  readonly state: State;
  readonly journal: AuthorityJournal;
  readonly upstream: UpstreamAuthority;
  readonly trustDomain: TrustDomain;
  readonly options: CaOptions;
  readonly passphrase: Passphrase;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: IssuerEventSink;
}

/** Authorities whose CA comes from above; only the JWT keys are our own. */
export interface UpstreamAuthorities extends Authorities {
  /** Takes up what the upstream offers now; what cannot be used is told, and what was there signs on. */
  reload(): Promise<void>;
  readonly current: CheckedUpstream;
}

const LOOK_AGAIN_SECONDS = 60 * 60;

/** Rejects with `ERR_ISSUER_UPSTREAM` when the upstream offers nothing that can be used. */
export async function startUpstreamAuthorities(
  input: UpstreamAuthoritiesInput,
): Promise<UpstreamAuthorities> {
  const { upstream, clock, events } = input;
  const nowSeconds = (): number => clock.nowMillis() / 1000;
  const journal = openUpstreamJournal(input.state);
  const load = async (): Promise<CheckedUpstream> =>
    checkUpstream(await upstream.load(), { ...input, name: upstream.name, nowSeconds: nowSeconds() });
  const jwtKeys = await startJwtKeys(input);
  let current = await load();
  journal.add([current.certificate, ...current.above]);
  let known = knownOf(current, journal.list());
  let left = leftBehind(current, known);
  let bundle = bundleOf(input, current.roots, jwtKeys.published);
  const warnOfEnd = endWarning(input);
  tellOwnRoot(input);

  return {
    get active() {
      return current;
    },
    get chain() {
      return isRoot(current) ? [] : [current.certificate, ...current.above].map(({ der }) => der);
    },
    get bundle() {
      return bundle;
    },
    get intermediates() {
      return known;
    },
    get current() {
      return current;
    },
    jwtKeys,
    // Keys of CAs that were replaced are gone, so no list could be kept good for what they signed.
    signers: () => [],
    isTainted: (issuerKeyId) => left.has(issuerKeyId),
    async reload() {
      try {
        const next = await load();
        checkOverlap(current, next, upstream.name);
        journal.add([next.certificate, ...next.above]);
        current = next;
        known = knownOf(next, journal.list());
        left = leftBehind(next, known);
        bundle = bundleOf(input, next.roots, jwtKeys.published);
        tellTaken(next, input);
      } catch (error) {
        const message = `a changed CA of \`${upstream.name}\` is not taken up, and the one before it signs on`;
        events({ level: 'error', event: 'issuer.upstreamRefused', message, error });
      }
    },
    async advance() {
      const jwtUntilSeconds = await jwtKeys.advance();
      journal.forgetBefore(nowSeconds());
      bundle = bundleOf(input, current.roots, jwtKeys.published);
      warnOfEnd(current.certificate);
      return Math.min(jwtUntilSeconds, nowSeconds() + LOOK_AGAIN_SECONDS);
    },
  };
}

/** Says once of each CA that it ends before long: nobody but a person can replace it. */
function endWarning({
  upstream,
  options,
  clock,
  events,
}: UpstreamAuthoritiesInput): (certificate: Certificate) => void {
  let warnedOf: Certificate | undefined;
  return (certificate) => {
    const leftSeconds = certificate.notAfterSeconds - clock.nowMillis() / 1000;
    if (leftSeconds < options.svidTtl.seconds * TTL_RATIO && warnedOf !== certificate) {
      warnedOf = certificate;
      events({
        level: 'warn',
        event: 'issuer.upstreamEnding',
        message: `the CA of \`${upstream.name}\` ends in ${Math.max(0, Math.floor(leftSeconds))} s; put another one there`,
        fields: { notAfter: new Date(certificate.notAfterSeconds * 1000).toISOString() },
      });
    }
  };
}

function isRoot({ certificate, root }: CheckedUpstream): boolean {
  return Buffer.compare(certificate.der, root.der) === 0;
}

/** The same list as long as nothing changes: those who judge by it remember what they found. */
function knownOf(
  { certificate, above, siblings }: CheckedUpstream,
  earlier: readonly Certificate[],
): readonly Certificate[] {
  const all = [certificate, ...above, ...siblings, ...earlier];
  return [...new Map(all.map((one) => [Buffer.from(one.der).toString('base64'), one])).values()];
}

/** The key ids of CAs under another root than the one that is signed under now: what they signed is replaced. */
function leftBehind(current: CheckedUpstream, known: readonly Certificate[]): ReadonlySet<string> {
  const ids = known
    .filter((one) => !hangsOn(one, current, known))
    .flatMap(({ extensions }) => extensions.subjectKeyId ?? []);
  return new Set(ids);
}

/** Whether the way up from `one` leads to the root that is signed under now, by names and key ids. */
function hangsOn(one: Certificate, { root }: CheckedUpstream, known: readonly Certificate[]): boolean {
  let at: Certificate | undefined = one;
  for (let steps = 0; at !== undefined && steps < LIMITS.chainCertificates; steps += 1) {
    const below: Certificate = at;
    if (isIssuer(root, below) || Buffer.compare(below.der, root.der) === 0) {
      return true;
    }
    at = known.find((other) => other !== below && isIssuer(other, below));
  }
  return false;
}

function isIssuer(issuer: Certificate, below: Certificate): boolean {
  const wanted = below.extensions.authorityKeyId;
  return (
    Buffer.compare(issuer.subject.der, below.issuer.der) === 0 &&
    (wanted === undefined || wanted === issuer.extensions.subjectKeyId)
  );
}

/**
 * Peers that were given the old roots alone must still believe what is signed next, and the other way round, so a
 * root is replaced in steps: both roots, then the new CA, then the new root alone.
 */
function checkOverlap(current: CheckedUpstream, next: CheckedUpstream, name: string): void {
  const has = (roots: readonly Certificate[], one: Certificate): boolean =>
    roots.some(({ der }) => Buffer.compare(der, one.der) === 0);
  if (!has(next.roots, current.root) || !has(current.roots, next.root)) {
    throw new SallyportError(
      'ERR_ISSUER_UPSTREAM',
      `\`${name}\` replaces its root at once, and everybody who trusts the old one would be cut off`,
      { hint: 'first put both roots into `root-cert.pem`, then the new CA, then take the old root out' },
    );
  }
}

function bundleOf(
  { journal, trustDomain, options }: UpstreamAuthoritiesInput,
  roots: readonly Certificate[],
  published: JwtKeys['published'],
): TrustBundle {
  return assembleBundle(
    { journal, trustDomain, options },
    roots.map(({ der }) => der),
    published,
  );
}

function tellTaken(
  { certificate, roots }: CheckedUpstream,
  { upstream, events }: UpstreamAuthoritiesInput,
): void {
  events({
    level: 'info',
    event: 'issuer.upstreamTaken',
    message: `the CA of \`${upstream.name}\` is in force`,
    fields: {
      serial: certificate.serial,
      notAfter: new Date(certificate.notAfterSeconds * 1000).toISOString(),
      roots: roots.length,
    },
  });
}

function tellOwnRoot({ journal, upstream, events }: UpstreamAuthoritiesInput): void {
  if (journal.list('root').length > 0) {
    events({
      level: 'warn',
      event: 'issuer.ownRootUnused',
      message: `identities are issued under \`${upstream.name}\`; the root of the state folder is in no bundle any more`,
    });
  }
}
