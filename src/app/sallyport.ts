import { resolve } from 'node:path';
import {
  type Clock,
  type Diagnostic,
  hasErrors,
  InvalidFilesError,
  type ListenAddress,
  type Random,
} from '../base/index.ts';
import { readSettings, type Settings } from '../config/index.ts';
import { createHealth, type GrpcListener, type Health } from '../grpc/index.ts';
import { createIssuer, type SallyportIssuer } from '../issuer/index.ts';
import { createKeyFetch, createKeySetStore, createKeySets, type KeySets } from '../keys/index.ts';
import type { LogDestination } from '../observe/index.ts';
import { createProviders, type Providers } from '../providers/index.ts';
import { createSecretService, type Validator } from '../sds/index.ts';
import { createWorkloadApi } from '../spiffe/index.ts';
import { openState, type State } from '../store/index.ts';
import { startAdminServer } from '../web/index.ts';
import { type ContentReading, readContent } from './content.ts';
import { tellDiagnostics } from './diagnostic-events.ts';
import { createIdentityControl } from './identity-control.ts';
import { loadKernelAttestation } from './kernel-attestation.ts';
import { createObservation, type Observation } from './observation.ts';
import { openListeners } from './open-listeners.ts';
import { openPublic } from './open-public.ts';
import { createPeerTrust } from './peer-trust.ts';
import { readDefinitions } from './read-definitions.ts';
import { createReadiness, type ReadinessBoard } from './readiness-board.ts';
import { startReload } from './reload.ts';
import { openSecretFiles } from './secret-files.ts';
import { createServerTls } from './server-tls.ts';
import { createServing, type Serving } from './serving.ts';
import { createTlsClients } from './tls-clients.ts';
import { createUndoStack, type UndoStack } from './undo-stack.ts';
import { openUpstream } from './upstream.ts';

export interface SallyportInput {
  readonly settingsPath: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly output: LogDestination;
}

export interface RunningSallyport {
  /** By name of the listener, with the ports the system chose; the web listeners are `admin` and `public`. */
  readonly addresses: ReadonlyMap<string, ListenAddress>;
  /**
   * Takes no new calls, ends streams with UNAVAILABLE, lets running calls finish for a while, closes the rest.
   */
  stop(): Promise<void>;
}

const STOP_GRACE_MILLIS = 5000;

/**
 * Starts the whole service, or nothing: what was opened is closed again when a later step fails.
 * Rejects with `InvalidFilesError` for settings and files with errors, else with a SallyportError.
 */
export async function startSallyport(input: SallyportInput): Promise<RunningSallyport> {
  const { settings, warnings } = await settingsOf(input.settingsPath);
  const settingsPath = resolve(input.settingsPath);
  const reading = await readContent({ settings, settingsPath, clock: input.clock });
  if (reading.content === undefined) {
    throw new InvalidFilesError(reading.diagnostics);
  }
  const observation = createObservation(settings, input.clock, input.output);
  const undo = createUndoStack();
  undo.push(() => observation.flush());
  try {
    return await wire({
      ...input,
      settingsPath,
      settings,
      warnings,
      reading,
      content: reading.content,
      observation,
      undo,
    });
  } catch (error) {
    // What kept it from starting matters more than what goes wrong while closing.
    await undo.closeAll().catch(() => undefined);
    throw error;
  }
}

async function settingsOf(
  path: string,
): Promise<{ readonly settings: Settings; readonly warnings: readonly Diagnostic[] }> {
  const { value, diagnostics } = await readSettings(resolve(path));
  if (value === undefined || hasErrors(diagnostics)) {
    throw new InvalidFilesError(diagnostics);
  }
  return { settings: value, warnings: diagnostics };
}

interface Wiring extends SallyportInput {
  readonly settings: Settings;
  /** About the settings. */
  readonly warnings: readonly Diagnostic[];
  readonly reading: ContentReading;
  readonly content: NonNullable<ContentReading['content']>;
  readonly observation: Observation;
  readonly undo: UndoStack;
}

/** The wiring list, in the order in which things are opened; stopping goes backwards. */
async function wire(wiring: Wiring): Promise<RunningSallyport> {
  const { settings, reading, content, clock, random, undo } = wiring;
  const { events } = wiring.observation;
  const readiness = createReadiness();
  tellDiagnostics([...wiring.warnings, ...reading.diagnostics], events);
  const state = openState(settings.stateDir);
  undo.push(() => state.close());
  const adminAddress = await startAdmin(wiring, readiness);
  const issuer = await startIssuer(wiring, state);
  readiness.set('authority', 'ready');
  const keySets = startKeySets(wiring, state);
  undo.push(() => keySets.stop());
  readiness.reportKeySets(keySets.state);
  wiring.observation.metrics.watchKeySets(keySets.state);
  const providers = await createProviders({ options: settings.extensionProviders, clock, events });
  undo.push(() => providers.stop());
  const control = createIdentityControl({ settings, state, issuer, clock, random, events });
  const serving = await createServing(content, {
    settings,
    keySets,
    events,
    isRevoked: issuer.certificates.isRevoked,
    trust: createPeerTrust(issuer),
    providers: providers.byName,
    entriesInForce: control.entriesInForce,
  });
  readiness.set('policies', 'ready');
  const { addresses, health, secrets, attestation } = await listen(wiring, {
    issuer,
    keySets,
    providers,
    serving,
  });
  undo.push(await control.open({ entries: serving.entries, secrets, attestation }));
  const reload = startReload({
    settings,
    settingsPath: wiring.settingsPath,
    serving,
    clock,
    events,
    since: reading.signature,
  });
  undo.push(() => reload.stop());
  readiness.reportReloads(reload.lastReport);
  const publicAddress = await openPublic({ settings, issuer, clock, events, undo });
  if (publicAddress !== undefined) {
    addresses.set('public', publicAddress);
  }
  addresses.set('admin', adminAddress);
  return announce({ addresses, health, readiness }, wiring);
}

interface Opened {
  readonly addresses: ReadonlyMap<string, ListenAddress>;
  readonly health: Health;
  readonly readiness: ReadinessBoard;
}

/** From here on it is told to be ready. */
function announce({ addresses, health, readiness }: Opened, wiring: Wiring): RunningSallyport {
  const { settings, observation, undo } = wiring;
  const { events } = observation;
  health.set('', true);
  readiness.set('listeners', 'ready');
  events({
    level: 'info',
    event: 'app.ready',
    message: 'sallyport is ready',
    fields: { trustDomain: settings.trustDomain },
  });
  return {
    addresses,
    async stop() {
      events({ level: 'info', event: 'app.stopping', message: 'sallyport is stopping' });
      health.set('', false);
      readiness.set('listeners', 'stopping');
      await undo.closeAll();
    },
  };
}

async function startIssuer(
  { settings, clock, random, observation, undo }: Wiring,
  state: State,
): Promise<SallyportIssuer> {
  const { events } = observation;
  const upstream = openUpstream(settings, clock, events);
  undo.push(() => upstream?.stop());
  const issuer = await createIssuer({
    state,
    trustDomain: settings.trustDomain,
    options: settings.ca,
    upstream: upstream?.authority,
    wantsCrls: settings.listeners.agents.some(({ crl }) => crl),
    clock,
    random,
    events,
  });
  undo.push(() => issuer.stop());
  return issuer;
}

function startKeySets({ settings: { keys }, clock, random, observation }: Wiring, state: State): KeySets {
  return createKeySets({
    options: keys,
    fetch: createKeyFetch(keys),
    clock,
    random,
    events: observation.events,
    ...(keys.persist ? { store: createKeySetStore(state) } : {}),
  });
}

interface Served {
  readonly issuer: SallyportIssuer;
  readonly keySets: KeySets;
  readonly providers: Providers;
  readonly serving: Serving;
}

async function listen(wiring: Wiring, { issuer, keySets, providers, serving }: Served) {
  const { settings, clock, random, undo } = wiring;
  const { events } = wiring.observation;
  const { authz, agents } = settings.listeners;
  const definitions = readDefinitions();
  const health = createHealth();
  const attestation = await loadKernelAttestation({
    settings,
    entries: () => serving.entries.current(),
    onLater: () => serving.entries.review(),
    clock,
    events,
  });
  const { attest, peerCredentials } = attestation;
  const generic = openSecretFiles(settings, clock, events);
  undo.push(() => generic.stop());
  const secrets = createSecretService({
    generic,
    definitions,
    issuer,
    entries: serving.entries,
    selectorsOf: attest,
    clock,
    random,
    events,
    validatorOf: validatorsOf(settings),
    crls: issuer.crls,
    insecureListeners: new Set(agents.filter(({ insecure }) => insecure).map(({ name }) => name)),
  });
  undo.push(() => secrets.stop());
  const workloadApi = createWorkloadApi({
    definitions,
    issuer,
    entries: serving.entries,
    selectorsOf: attest,
    clock,
    events,
  });
  undo.push(() => workloadApi.stop());
  const needsTls = [...authz, ...agents].some(({ allowedSpiffeIds }) => allowedSpiffeIds !== undefined);
  const tls = needsTls ? await createServerTls(issuer) : undefined;
  undo.push(() => tls?.stop());
  const listeners: GrpcListener[] = [];
  undo.push(async () => {
    await Promise.all(listeners.map((listener) => listener.stop(STOP_GRACE_MILLIS)));
  });
  const addresses = new Map<string, ListenAddress>();
  await openListeners({
    settings,
    definitions,
    health,
    snapshot: serving.snapshot,
    keySets,
    askProvider: providers.ask,
    secrets,
    workloadApi,
    peerCredentials,
    tls,
    clients: createTlsClients(issuer.certificates),
    hasRevoked: () => issuer.certificates.hasRevoked,
    clock,
    random,
    events,
    onOpened(listener) {
      listeners.push(listener);
      addresses.set(listener.name, listener.address);
    },
  });
  return { addresses, health, secrets, attestation };
}

/** How the callers of each agent listener are told to verify their peers. */
function validatorsOf({ listeners }: Settings): (listener: string) => Validator {
  const validators = new Map(
    listeners.agents.map(({ name, validator, crl }) => [name, crl ? 'crl' : validator] as const),
  );
  return (listener) => validators.get(listener) ?? 'spiffe';
}

async function startAdmin(
  { settings, clock, observation, undo }: Wiring,
  readiness: ReadinessBoard,
): Promise<ListenAddress> {
  const admin = await startAdminServer({
    address: settings.listeners.admin.address,
    readiness: readiness.read,
    metrics: observation.metrics,
    clock,
    events: observation.events,
  });
  undo.push(() => admin.stop());
  return admin.address;
}
