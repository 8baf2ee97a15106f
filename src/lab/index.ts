export { type ChosenRuntime, chooseRuntime, type RuntimeChoice, type RuntimeKind } from './choose-runtime.ts';
export { envoyArguments } from './envoy-arguments.ts';
export { type EnvoyBinary, type EnvoySearch, findEnvoy } from './envoy-binary.ts';
export { type Lab, type LabStart, startLab } from './lab.ts';
export { type LabFileOptions, labFiles, writeLabFiles } from './lab-files.ts';
export type { Act, Got, LabRow, RowResult, Verdict } from './lab-row.ts';
export { createLineLog, type LineLog } from './line-log.ts';
export { performRow } from './perform.ts';
export {
  FIXED_PORTS,
  type HostPort,
  isServiceName,
  type Places,
  type PortName,
  SERVICE_PORTS,
  type ServiceName,
} from './places.ts';
export { labProxies, PROXY_NAMES, type ProxyName } from './proxies.ts';
export { LAB_ROWS } from './requests.ts';
export { type LabOptions, type LabWorld, runLab } from './run.ts';
export type {
  ContainerOptions,
  ContainerRuntimes,
  Program,
  RunningService,
  Runtime,
  Service,
} from './runtime.ts';
export { containerRuntimes } from './runtime-containers.ts';
export { labStages } from './topology.ts';
export { readTrustBundle } from './trust-bundle.ts';
