export { checkFiles, type FilesCheck } from './check-files.ts';
export { adminSocketPath } from './identity-control.ts';
export { type InspectInput, inspectTokenByFiles } from './inspect-by-files.ts';
export { type Minted, type MintInput, mintJwt, mintX509 } from './mint.ts';
export { readDefinitions } from './read-definitions.ts';
export { type RenewRootInput, renewRootOf } from './renew-root.ts';
export { type RunningSallyport, type SallyportInput, startSallyport } from './sallyport.ts';
export { sallyportVersion } from './version.ts';
export {
  type FoundWorkload,
  type ServicePolicies,
  servicePoliciesByFiles,
  type WorkloadPolicies,
  type WorkloadPoliciesInput,
  workloadPoliciesByFiles,
} from './workload-policies.ts';
