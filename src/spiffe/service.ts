import type * as grpc from '@grpc/grpc-js';
import { type Clock, type EventSink, SallyportError } from '../base/index.ts';
import { type Caller, type GrpcService, type ServiceContext, statusOf } from '../grpc/index.ts';
import { type Issuer, type JwtIssuer, SvidPool } from '../issuer/index.ts';
import type { Definitions } from '../proto/index.ts';
import { type Attestation, type EntrySet, selectorsOf } from '../workload/index.ts';
import { jwkSetOf, rootsOf, trustDomainId } from './bundles.ts';
import { entriesOf } from './caller-entries.ts';
import { fetchJwtSvids, validateJwtSvid } from './jwt-calls.ts';
import type {
  JwtBundlesResponse,
  JwtSvidRequestMessage,
  ValidateJwtSvidRequest,
  X509BundlesResponse,
  X509SvidResponse,
} from './messages.ts';
import { type ReadContent, StateStream, type StreamContent } from './state-stream.ts';
import type { World } from './world.ts';
import { X509Holdings } from './x509-holdings.ts';

/** The registration entries as they are now. */
export interface EntrySource {
  current(): EntrySet;
  /** Calls `listener` after `current()` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

export interface WorkloadApiOptions {
  readonly definitions: Definitions;
  readonly issuer: Issuer & JwtIssuer;
  readonly entries: EntrySource;
  /** What a caller proves about itself, `type:value` each; by default what its connection proves. */
  readonly selectorsOf?: (caller: Caller) => Attestation;
  readonly clock: Clock;
  readonly events: EventSink;
}

/** `SpiffeWorkloadAPI`, by the SPIFFE Workload API and Workload Endpoint standards. */
export interface WorkloadApi {
  /** For `createGrpcListener`. */
  readonly source: (context: ServiceContext) => GrpcService;
  readonly openStreams: number;
  /** Ends the watch on issuer and entries; the streams end with their listeners. */
  stop(): void;
}

type Refresh = () => void;

export function createWorkloadApi(options: WorkloadApiOptions): WorkloadApi {
  const { definitions, issuer, entries, clock, events } = options;
  const streams = new Set<Refresh>();
  const world: World = {
    pool: new SvidPool(issuer, clock, events),
    tokens: issuer,
    clock,
    events,
    told: new WeakSet(),
    entries: () => entries.current(),
    bundle: () => issuer.bundle(),
    selectorsOf: options.selectorsOf ?? selectorsOf,
  };
  const refreshAll = (): void => {
    for (const refresh of [...streams]) {
      refresh();
    }
  };
  const stops = [entries.onChange(refreshAll), issuer.onBundleChanged(refreshAll)];
  return {
    source: ({ callerOf }) => ({
      definition: definitions.service('SpiffeWorkloadAPI'),
      implementation: {
        FetchX509SVID: fetchX509Svid(callerOf, world, streams),
        FetchX509Bundles: bundleStream(callerOf, world, streams, x509Bundles),
        FetchJWTBundles: bundleStream(callerOf, world, streams, jwtBundles),
        FetchJWTSVID: unary((request: JwtSvidRequestMessage, call) =>
          fetchJwtSvids(request, callerOf(call), world),
        ),
        ValidateJWTSVID: unary(async (request: ValidateJwtSvidRequest, call) => {
          // A process that cannot be attested is not served at all.
          await world.selectorsOf(callerOf(call));
          return validateJwtSvid(request, world);
        }),
      },
    }),
    get openStreams() {
      return streams.size;
    },
    stop() {
      for (const stop of stops) {
        stop();
      }
    },
  };
}

type CallerOf = ServiceContext['callerOf'];
type StreamCall<Response> = grpc.ServerWritableStream<object, Response>;

function fetchX509Svid(
  callerOf: CallerOf,
  world: World,
  streams: Set<Refresh>,
): (call: StreamCall<X509SvidResponse>) => void {
  return (call) => {
    const caller = callerOf(call);
    const holdings = new X509Holdings(world, caller, () => stream.refresh());
    const stream: StateStream<X509SvidResponse> = openStream(
      call,
      caller,
      () => {
        const entries = entriesOf(caller, world);
        return entries instanceof Promise
          ? entries.then((known) => holdings.contentFor(known))
          : holdings.contentFor(entries);
      },
      world,
      streams,
    );
    call.once('cancelled', () => holdings.release());
  };
}

/** A stream of what is the same for everybody who has an identity. */
function bundleStream<Response>(
  callerOf: CallerOf,
  world: World,
  streams: Set<Refresh>,
  contentOf: (world: World) => StreamContent<Response>,
): (call: StreamCall<Response>) => void {
  return (call) => {
    const caller = callerOf(call);
    const read: ReadContent<Response> = () => {
      const entries = entriesOf(caller, world);
      return entries instanceof Promise ? entries.then(() => contentOf(world)) : contentOf(world);
    };
    openStream(call, caller, read, world, streams);
  };
}

function openStream<Response>(
  call: StreamCall<Response>,
  caller: Caller,
  read: ReadContent<Response>,
  { events }: World,
  streams: Set<Refresh>,
): StateStream<Response> {
  const stream = new StateStream<Response>(call, caller, read, events);
  const refresh = (): void => stream.refresh();
  streams.add(refresh);
  call.once('cancelled', () => {
    streams.delete(refresh);
    stream.close();
  });
  const fault = headerFault(call.metadata);
  if (fault === undefined) {
    // In a turn of its own, when whoever opened the stream holds it.
    queueMicrotask(refresh);
  } else {
    stream.fail(fault);
  }
  return stream;
}

function unary<Request, Response>(
  handle: (request: Request, call: grpc.ServerUnaryCall<Request, Response>) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, answer) => {
    const fault = headerFault(call.metadata);
    const answered = fault === undefined ? handle(call.request, call) : Promise.reject(fault);
    answered.then(
      (response) => answer(null, response),
      (error: unknown) => answer(statusOf(error)),
    );
  };
}

/** SPIFFE Workload Endpoint, section 3: what a page in a browser cannot be made to send. */
function headerFault(metadata: grpc.Metadata): SallyportError | undefined {
  const values = metadata.get('workload.spiffe.io');
  return values.length === 1 && values[0] === 'true'
    ? undefined
    : new SallyportError('ERR_WORKLOAD_API_HEADER', 'a call came without the header `workload.spiffe.io`');
}

function x509Bundles({ bundle }: World): StreamContent<X509BundlesResponse> {
  const roots = rootsOf(bundle());
  const bundles = { [trustDomainId(bundle())]: roots };
  return { response: { crl: [], bundles }, version: Buffer.from(roots).toString('base64') };
}

function jwtBundles({ bundle }: World): StreamContent<JwtBundlesResponse> {
  const keys = jwkSetOf(bundle());
  return {
    response: { bundles: { [trustDomainId(bundle())]: keys } },
    version: Buffer.from(keys).toString(),
  };
}
