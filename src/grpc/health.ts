import * as grpc from '@grpc/grpc-js';
import { LIMITS } from '../base/index.ts';
import type { Definitions, HealthCheckRequest, HealthCheckResponse } from '../proto/index.ts';
import type { GrpcService } from './service.ts';

/** What grpc.health.v1 says about this process; the service named `''` is the whole of it. */
export interface Health {
  /** Tells every watcher at once. */
  set(service: string, serving: boolean): void;
  /** Undefined for a service nobody has set. */
  isServing(service: string): boolean | undefined;
  /** `grpc.health.v1.Health`, for a listener. */
  service(definitions: Definitions): GrpcService;
}

type ServingStatus = HealthCheckResponse['status'];

/** The whole is not serving until it is said to be. */
export function createHealth(): Health {
  const serving = new Map([['', false]]);
  const watchers = new Set<() => void>();

  function statusOf(service: string): ServingStatus | undefined {
    const known = serving.get(service);
    return known === undefined ? undefined : known ? 'SERVING' : 'NOT_SERVING';
  }

  function check(
    call: grpc.ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
    answer: grpc.sendUnaryData<HealthCheckResponse>,
  ): void {
    const status = statusOf(serviceOf(call.request));
    if (status === undefined) {
      answer({ code: grpc.status.NOT_FOUND, details: 'service is not known' });
    } else {
      answer(null, { status });
    }
  }

  /** Sends the status now and each one that differs from the last, the newest first when the client is slow. */
  function watch(call: grpc.ServerWritableStream<HealthCheckRequest, HealthCheckResponse>): void {
    const service = serviceOf(call.request);
    let sent: ServingStatus | undefined;
    let writing = false;
    const send = (): void => {
      const status = statusOf(service) ?? 'SERVICE_UNKNOWN';
      if (writing || status === sent || call.writableEnded || call.destroyed) {
        return;
      }
      sent = status;
      writing = true;
      call.write({ status }, () => {
        writing = false;
        send();
      });
    };
    watchers.add(send);
    call.once('cancelled', () => watchers.delete(send));
    send();
  }

  return {
    set(service, isServing) {
      serving.set(service, isServing);
      for (const send of watchers) {
        send();
      }
    },
    isServing: (service) => serving.get(service),
    service: (definitions) => ({
      definition: definitions.service('grpc.health.v1.Health'),
      implementation: { Check: check, Watch: watch },
    }),
  };
}

/** A name that is too long is nobody's; it is not kept. */
function serviceOf({ service }: HealthCheckRequest): string {
  return service.length > LIMITS.resourceNameBytes ? '\0' : service;
}
