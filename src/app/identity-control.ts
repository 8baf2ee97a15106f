import { join } from 'node:path';
import {
  authorityOperations,
  bundleOperations,
  certificateOperations,
  type EntryControl,
  entryOperations,
  mintOperations,
  type Operation,
  startAdminSocket,
  stateOperations,
  whoAmIOperation,
} from '../admin/index.ts';
import { type Clock, type Diagnostic, type EventSink, errorText, type Random } from '../base/index.ts';
import { ttlPlanProblems } from '../ca/index.ts';
import type { Settings } from '../config/index.ts';
import { listenOnSocketFile, type PeerCredentials } from '../grpc/index.ts';
import type { SallyportIssuer } from '../issuer/index.ts';
import type { SecretService } from '../sds/index.ts';
import { backupState, type State, takeBackupMark } from '../store/index.ts';
import {
  createEntrySet,
  type EntryBook,
  type EntrySet,
  openEntryBook,
  type RegistrationEntry,
} from '../workload/index.ts';
import { tellDiagnostics } from './diagnostic-events.ts';
import type { Entries } from './entry-source.ts';
import type { KernelAttestation } from './kernel-attestation.ts';
import { createWhoAmI } from './who-am-i.ts';

/** Where the admin socket of a state folder is. */
export function adminSocketPath(stateDir: string): string {
  return join(stateDir, 'admin.sock');
}

export interface IdentityControlInput {
  readonly settings: Settings;
  readonly state: State;
  readonly issuer: SallyportIssuer;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
}

/** Entries of the store and identities that were stopped: what commands change while Sallyport runs. */
export interface IdentityControl {
  entriesInForce(files: EntrySet): EntrySet;
  /** Opens the admin socket; a folder that cannot hold one costs the commands, not the service. */
  open(served: ServedIdentities): Promise<() => Promise<void>>;
}

/** What is open to workloads, and how they are known. */
export interface ServedIdentities {
  readonly entries: Entries;
  readonly secrets: SecretService;
  readonly attestation: KernelAttestation;
}

export function createIdentityControl(input: IdentityControlInput): IdentityControl {
  const { settings, state, issuer, events } = input;
  const takenAt = takeBackupMark(state);
  if (takenAt !== undefined) {
    events({
      level: 'warn',
      event: 'app.restored',
      message: `this state was copied at ${takenAt}: revocations, entries and authorities of later are forgotten`,
      fields: { takenAt },
    });
  }
  const book = openEntryBook({
    state,
    trustDomain: settings.trustDomain,
    socketNames: settings.listeners.agents.map(({ name }) => name),
    check: (entry) => ttlProblems(settings, entry),
    onUnusable: (diagnostics) => tellDiagnostics(diagnostics, events),
  });
  return {
    entriesInForce(files) {
      const all = book.beside(files);
      const allowed = all.entries.filter(({ spiffeId }) => !issuer.certificates.isStopped(spiffeId));
      return allowed.length === all.entries.length ? all : createEntrySet(allowed, all.trustDomain);
    },
    async open(served) {
      const { entries } = served;
      const stopReview = issuer.certificates.onWithdrawn(() => entries.review());
      const operations = operationsOf(input, book, served);
      const stop = await openSocket(input, operations, served.attestation.peerCredentials);
      return async () => {
        stopReview();
        await stop();
      };
    },
  };
}

function operationsOf(
  { settings, state, issuer, clock }: IdentityControlInput,
  book: EntryBook,
  { entries, secrets, attestation: { attest } }: ServedIdentities,
): readonly Operation[] {
  return [
    ...certificateOperations(issuer.certificates),
    ...authorityOperations(issuer.authority, () => secrets.unsettledStreams),
    ...bundleOperations(() => issuer.bundle()),
    ...entryOperations(entryControl(book, entries)),
    ...mintOperations(issuer),
    whoAmIOperation(createWhoAmI({ settings, entries: () => entries.current(), attest })),
    ...stateOperations((folder) => backupState(state, folder, clock.nowMillis())),
  ];
}

function entryControl(book: EntryBook, entries: Entries): EntryControl {
  const changed = <T>(change: () => T): T => {
    const result = change();
    entries.review();
    return result;
  };
  return {
    list() {
      const ofStore = new Set(book.entries);
      return entries.current().entries.map((entry) => ({
        entry,
        source: ofStore.has(entry) ? 'store' : 'file',
      }));
    },
    create: (text) => changed(() => book.create(text, entries.files())),
    update: (text) => changed(() => book.update(text, entries.files())),
    remove: (name) => changed(() => book.remove(name)),
  };
}

async function openSocket(
  { settings, random, events }: IdentityControlInput,
  operations: readonly Operation[],
  peerCredentials: PeerCredentials | undefined,
): Promise<() => Promise<void>> {
  const path = adminSocketPath(settings.stateDir);
  try {
    const socket = await startAdminSocket({
      operations,
      processOf: (connection) => peerCredentials?.read(connection),
      events,
      async listen(server) {
        // The state lock is held, so a socket that nobody answers at is ours.
        const file = await listenOnSocketFile(server, { path, mode: 0o600, mayTakeOver: true }, random);
        return () => file.remove();
      },
    });
    return () => socket.stop();
  } catch (error) {
    events({
      level: 'error',
      event: 'admin.not_open',
      message: `commands cannot reach this sallyport, its admin socket is not open: ${errorText(error)}`,
      error,
    });
    return async () => undefined;
  }
}

function ttlProblems(
  { ca }: Settings,
  { name, x509TtlSeconds, jwtTtlSeconds }: RegistrationEntry,
): readonly Diagnostic[] {
  const problems = ttlPlanProblems({
    rootTtlSeconds: ca.rootTtl.seconds,
    caTtlSeconds: ca.caTtl.seconds,
    svidTtls: [
      { name, seconds: x509TtlSeconds ?? ca.svidTtl.seconds },
      { name, seconds: jwtTtlSeconds ?? 0 },
    ],
  });
  return problems.map(({ message, hint }) => ({
    code: 'ERR_CA_TTL',
    severity: 'error',
    file: 'entry',
    line: 1,
    column: 1,
    path: 'spec',
    message,
    hint,
  }));
}
