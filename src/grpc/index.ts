export { type Caller, type CallerProcess, describeCaller } from './caller.ts';
export type { ListenerSecurity } from './front-door.ts';
export { createHealth, type Health } from './health.ts';
export {
  createGrpcListener,
  type GrpcListener,
  type GrpcListenerOptions,
  LISTENER_LIMITS,
  type ListenerLimits,
} from './listener.ts';
export { loadPeerCredentials, type PeerCredentials, type PeerProcess } from './peer-credentials.ts';
export type { GrpcAddress } from './place.ts';
export { processOfPid } from './process-of-pid.ts';
export type { CallHandle, GrpcService, GrpcServiceSource, ServiceContext } from './service.ts';
export { listenOnSocketFile, type SocketFileOptions } from './socket-file.ts';
export { type ClientStatus, STOPPING, statusOf } from './status.ts';
export type { TlsMaterial, TlsSource } from './tls-source.ts';
