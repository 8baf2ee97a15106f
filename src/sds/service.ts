import type * as grpc from '@grpc/grpc-js';
import { type Clock, type EventSink, type Random, SallyportError } from '../base/index.ts';
import { type Caller, type GrpcService, type ServiceContext, statusOf } from '../grpc/index.ts';
import { type CrlSource, type Issuer, SvidPool } from '../issuer/index.ts';
import type { Definitions, DiscoveryRequest, DiscoveryResponse } from '../proto/index.ts';
import { type Attestation, selectorsOf } from '../workload/index.ts';
import { fetchSecrets } from './fetch.ts';
import { type GenericSecretSource, NO_SECRETS } from './generic-secrets.ts';
import { DELTA, type SecretProtocol, SOTW } from './protocol.ts';
import { createRefusalLog } from './refusal-log.ts';
import { createSecretCache } from './secret-cache.ts';
import { SecretStream } from './secret-stream.ts';
import { type EntrySource, SECRET_NAMES, type SecretNames, type Validator } from './sources.ts';
import { createSubscriptionBudget } from './subscription-budget.ts';
import { createTurns } from './turns.ts';
import { createWishBook } from './wish-book.ts';
import type { World } from './world.ts';

export interface SecretServiceOptions {
  readonly definitions: Definitions;
  readonly issuer: Issuer;
  readonly entries: EntrySource;
  /** What a caller proves about itself, `type:value` each; by default what its connection proves. */
  readonly selectorsOf?: (caller: Caller) => Attestation;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  /** Listeners on which keys may travel over plain TCP because somebody said so in plain words. */
  readonly insecureListeners?: ReadonlySet<string>;
  readonly names?: SecretNames;
  /** Secrets that are no certificates. */
  readonly generic?: GenericSecretSource;
  /** By listener; by default Envoy's SPIFFE validator. */
  readonly validatorOf?: (listener: string) => Validator;
  /** For listeners with the validator `crl`. */
  readonly crls?: CrlSource | undefined;
}

/** `envoy.service.secret.v3.SecretDiscoveryService`: certificates and trust for those the entries name. */
export interface SecretService {
  /** For `createGrpcListener`. Throws `ERR_SDS_OPEN_LISTENER` on plain TCP that is not meant to be that. */
  readonly source: (context: ServiceContext) => GrpcService;
  readonly openStreams: number;
  /** Open streams that have not acknowledged all that there is for them. */
  readonly unsettledStreams: number;
  /** Ends the watch on issuer and entries; the streams end with their listeners. */
  stop(): void;
}

type AnyStream = Pick<SecretStream<never, never>, 'refresh' | 'end' | 'isSettled'>;

export function createSecretService(options: SecretServiceOptions): SecretService {
  const { definitions, issuer, entries, clock, random, events } = options;
  const streams = new Set<AnyStream>();
  let bundle = issuer.bundle();
  const world: World = {
    issuer,
    pool: new SvidPool(issuer, clock, events),
    cache: createSecretCache(definitions),
    turns: createTurns(clock),
    budget: createSubscriptionBudget(),
    rightsOf: createWishBook(options.names ?? SECRET_NAMES),
    validatorOf: options.validatorOf ?? (() => 'spiffe'),
    crls: () => options.crls?.current(),
    refusals: createRefusalLog(clock, events),
    generic: () => options.generic?.current() ?? NO_SECRETS,
    clock,
    random,
    events,
    entries: () => entries.current(),
    bundle: () => bundle,
    selectorsOf: options.selectorsOf ?? selectorsOf,
  };
  const refreshAll = (): void => {
    for (const stream of streams) {
      stream.refresh();
    }
  };
  const stopEntries = entries.onChange(refreshAll);
  const stopGeneric = options.generic?.onChange(refreshAll);
  const stopCrls = options.crls?.onChange(refreshAll);
  const stopBundle = issuer.onBundleChanged((next) => {
    bundle = next;
    refreshAll();
  });

  return {
    source(context) {
      checkTransport(context, options.insecureListeners);
      return {
        definition: definitions.service('envoy.service.secret.v3.SecretDiscoveryService'),
        implementation: {
          StreamSecrets: streamHandler(SOTW, context, world, streams),
          DeltaSecrets: streamHandler(DELTA, context, world, streams),
          FetchSecrets: fetchHandler(context, world),
        },
      };
    },
    get openStreams() {
      return streams.size;
    },
    get unsettledStreams() {
      return [...streams].filter(({ isSettled }) => !isSettled).length;
    },
    stop() {
      stopEntries();
      stopBundle();
      stopCrls?.();
      stopGeneric?.();
    },
  };
}

function checkTransport(
  { listener, transport }: ServiceContext,
  insecureListeners: ReadonlySet<string> | undefined,
): void {
  if (transport === 'tcp' && insecureListeners?.has(listener) !== true) {
    throw new SallyportError(
      'ERR_SDS_OPEN_LISTENER',
      `private keys would travel over TCP without TLS on the listener \`${listener}\``,
      { hint: 'use a Unix socket, add `allowedSpiffeIds` (mutual TLS), or say `insecure: true`' },
    );
  }
}

function streamHandler<Request, Response>(
  protocol: SecretProtocol<Request, Response>,
  { callerOf }: ServiceContext,
  world: World,
  streams: Set<AnyStream>,
): grpc.handleBidiStreamingCall<Request, Response> {
  const open = (
    call: grpc.ServerDuplexStream<Request, Response>,
    caller: Caller,
    selectors: readonly string[],
  ): void => {
    if (call.cancelled) {
      return;
    }
    const stream = new SecretStream(call, protocol, { caller, selectors }, world);
    streams.add(stream);
    call.on('data', (request: Request) => stream.receive(request));
    call.on('end', () => call.end());
    call.once('cancelled', () => {
      streams.delete(stream);
      stream.end();
    });
  };
  return (call) => {
    const caller = callerOf(call);
    const attestation = world.selectorsOf(caller);
    if (attestation instanceof Promise) {
      attestation
        .then((selectors) => open(call, caller, selectors))
        .catch((error: unknown) => call.emit('error', statusOf(error)));
    } else {
      open(call, caller, attestation);
    }
  };
}

function fetchHandler(
  { callerOf }: ServiceContext,
  world: World,
): grpc.handleUnaryCall<DiscoveryRequest, DiscoveryResponse> {
  return (call, answer) => {
    fetchSecrets(call.request, callerOf(call), world).then(
      (response) => answer(null, response),
      (error: unknown) => answer(statusOf(error)),
    );
  };
}
