export { envoyArguments } from './envoy-arguments.ts';
export { createLineLog, type LineLog } from './line-log.ts';
export {
  FIXED_PORTS,
  type HostPort,
  isServiceName,
  type Places,
  type PortName,
  SERVICE_PORTS,
  type ServiceName,
} from './places.ts';
export type { Program, RunningService, Runtime, Service } from './runtime.ts';
