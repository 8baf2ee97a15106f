import type * as grpc from '@grpc/grpc-js';
import type { Caller } from './caller.ts';

/** What a gRPC service is made of: the methods of its definition and the functions behind them. */
export interface GrpcService {
  readonly definition: grpc.ServiceDefinition;
  readonly implementation: grpc.UntypedServiceImplementation;
}

/** A service that wants to know who calls is a function of the listener it is put on. */
export type GrpcServiceSource = GrpcService | ((context: ServiceContext) => GrpcService);

export interface ServiceContext {
  /** The name of the listener. */
  readonly listener: string;
  readonly transport: Caller['transport'];
  callerOf(call: CallHandle): Caller;
}

/** The part of every call object of grpc-js that names its connection. */
export interface CallHandle {
  getPeer(): string;
}
