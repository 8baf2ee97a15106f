import { type AskProvider, createAuthzService, type Snapshot } from '../authz/index.ts';
import { type Clock, type EventSink, LIMITS, type Random, SallyportError } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import {
  createGrpcListener,
  type GrpcAddress,
  type GrpcListener,
  type GrpcServiceSource,
  type Health,
  type ListenerLimits,
  type ListenerSecurity,
  type PeerCredentials,
} from '../grpc/index.ts';
import { SOCKET_MODE_DEFAULT } from '../grpc/options.ts';
import type { KeySets } from '../keys/index.ts';
import type { Definitions } from '../proto/index.ts';
import type { SecretService } from '../sds/index.ts';
import type { WorkloadApi } from '../spiffe/index.ts';
import type { ServerTls } from './server-tls.ts';
import type { TlsClients } from './tls-clients.ts';

export interface ListenersInput {
  readonly settings: Settings;
  readonly definitions: Definitions;
  readonly health: Health;
  readonly snapshot: () => Snapshot;
  readonly keySets: KeySets;
  readonly askProvider: AskProvider;
  readonly secrets: SecretService;
  readonly workloadApi: WorkloadApi;
  readonly peerCredentials: PeerCredentials | undefined;
  /** There when a listener wants mutual TLS. */
  readonly tls: ServerTls | undefined;
  readonly clients: TlsClients;
  /** Whether any certificate is revoked. */
  readonly hasRevoked: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  /** Told of each listener at once, so that it is closed when a later one fails. */
  readonly onOpened: (listener: GrpcListener) => void;
}

type ListenerOptions = Settings['listeners']['authz'][number] | Settings['listeners']['agents'][number];

/** Opens every gRPC listener of the settings. Rejects like `createGrpcListener`. */
export async function openListeners(input: ListenersInput): Promise<void> {
  const { settings, definitions, health, clock, events, keySets } = input;
  for (const listener of settings.listeners.authz) {
    const profile = settings.profiles.get(listener.profile);
    if (profile === undefined) {
      throw new SallyportError('ERR_PROFILE', `there is no profile \`${listener.profile}\``);
    }
    const service = createAuthzService({
      currentSnapshot: input.snapshot,
      profile,
      waitForKeys: keySets.waitFor,
      revocations: { listener: listener.name, exist: input.hasRevoked },
      askProvider: input.askProvider,
      clock,
      events,
    });
    input.onOpened(await open(listener, [service, health.service(definitions)], {}, input));
  }
  for (const listener of settings.listeners.agents) {
    const services = [input.secrets.source, input.workloadApi.source, health.service(definitions)];
    const limits = {
      requestBytes: LIMITS.discoveryRequestBytes,
      streamsPerConnection: LIMITS.agentStreamsPerConnection,
    };
    input.onOpened(await open(listener, services, limits, input));
  }
}

function open(
  listener: ListenerOptions,
  services: readonly GrpcServiceSource[],
  limits: Partial<ListenerLimits>,
  input: ListenersInput,
): Promise<GrpcListener> {
  const { peerCredentials, clock, random, events } = input;
  return createGrpcListener({
    name: listener.name,
    address: addressOf(listener),
    security: securityOf(listener, input),
    peerCredentials,
    services,
    clock,
    random,
    events,
    limits,
  });
}

function addressOf({ address, mode, owner }: ListenerOptions): GrpcAddress {
  return address.kind === 'tcp'
    ? address
    : {
        kind: 'unix',
        path: address.path,
        mode: mode ?? SOCKET_MODE_DEFAULT,
        // The state lock is held, so nobody else serves from these settings.
        mayTakeOver: true,
        ...(owner === undefined ? {} : { owner }),
      };
}

function securityOf(
  { allowedSpiffeIds }: ListenerOptions,
  { tls, clients }: ListenersInput,
): ListenerSecurity {
  if (allowedSpiffeIds === undefined) {
    return { kind: 'insecure' };
  }
  if (tls === undefined) {
    throw new SallyportError(
      'ERR_INTERNAL',
      'a listener wants mutual TLS, and there is no certificate for it',
    );
  }
  const allowed = new Set(allowedSpiffeIds);
  const allow = ([uri, ...others]: readonly string[], certificateDer: Uint8Array): boolean =>
    uri !== undefined && others.length === 0 && allowed.has(uri) && clients.isInForce(uri, certificateDer);
  return { kind: 'mtls', tls: tls.source, allow, onReview: clients.onReview };
}
