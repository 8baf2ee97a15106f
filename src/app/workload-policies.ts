import { resolve } from 'node:path';
import { type Clock, type Diagnostic, InvalidFilesError, SallyportError } from '../base/index.ts';
import { readSettings, type Settings } from '../config/index.ts';
import {
  compilePolicies,
  hasServiceTargets,
  type PolicySet,
  type Target,
  type TargetPolicies,
} from '../policy/index.ts';
import type { Directory, Workload } from '../workload/index.ts';
import { meshOf, readContent } from './content.ts';
import { limitAlgorithms } from './limit-algorithms.ts';

export interface WorkloadPoliciesInput {
  readonly settingsPath: string;
  /** `<namespace>/<name>` of a WorkloadEntry. */
  readonly workload: string;
  /** At a waypoint the one of its services that is meant: `Service/<namespace>/<name>` or `ServiceEntry/…`. */
  readonly service?: string;
  readonly clock: Clock;
}

/** A workload by the files, and the warnings that they give. */
export interface FoundWorkload {
  readonly settings: Settings;
  readonly workload: Workload;
  readonly diagnostics: readonly Diagnostic[];
}

export interface WorkloadPolicies extends FoundWorkload {
  readonly policies: TargetPolicies;
}

export interface ServicePolicies extends FoundWorkload {
  /** Those of a waypoint for each of its services, any of which may be asked for; of other proxies one. */
  readonly policiesOfEach: readonly TargetPolicies[];
}

/** Reads the settings and everything they name. Rejects with `InvalidFilesError` or `ERR_ENVOY_WORKLOAD`. */
export async function workloadPoliciesByFiles(input: WorkloadPoliciesInput): Promise<WorkloadPolicies> {
  const { set, ...found } = await readWorkload(input);
  const target = targetOf(found.workload, input.service, hasServiceTargets(set));
  return { ...found, policies: set.forTarget(target) };
}

/** The same for everything that the workload may be asked about. */
export async function servicePoliciesByFiles(
  input: Omit<WorkloadPoliciesInput, 'service'>,
): Promise<ServicePolicies> {
  const { set, ...found } = await readWorkload(input);
  const { workload } = found;
  const targets: readonly Target[] =
    workload.kind === 'waypoint'
      ? [workload, ...workload.services.map((service) => ({ ...workload, services: [service] }))]
      : [workload];
  return { ...found, policiesOfEach: targets.map((target) => set.forTarget(target)) };
}

async function readWorkload(
  input: Omit<WorkloadPoliciesInput, 'service'>,
): Promise<FoundWorkload & { readonly set: PolicySet }> {
  const settingsPath = resolve(input.settingsPath);
  const read = await readSettings(settingsPath);
  if (read.value === undefined) {
    throw new InvalidFilesError(read.diagnostics);
  }
  const settings = read.value;
  const { content, diagnostics } = await readContent({ settings, settingsPath, clock: input.clock });
  if (content === undefined) {
    throw new InvalidFilesError(diagnostics);
  }
  const workload = find(content.directory, input.workload);
  const policies = limitAlgorithms(content.policies, settings.keys.algorithms);
  const set = compilePolicies(policies, meshOf(settings));
  return { settings, workload, set, diagnostics: [...read.diagnostics, ...diagnostics] };
}

function find({ byName, content }: Directory, wanted: string): Workload {
  const [namespace = '', name = '', ...rest] = wanted.split('/');
  const found = rest.length === 0 ? byName(namespace, name) : undefined;
  if (found === undefined) {
    const known = content.workloads.map((one) => `${one.namespace}/${one.name}`).sort();
    throw new SallyportError('ERR_ENVOY_WORKLOAD', `there is no workload \`${wanted}\``, {
      hint:
        known.length === 0
          ? 'add a WorkloadEntry to a folder of `workloads`'
          : `known are ${known.slice(0, KNOWN_SHOWN_MAX).join(', ')}`,
    });
  }
  return found;
}

const KNOWN_SHOWN_MAX = 10;

/** A waypoint has other policies for each of its services, where any is for a service. */
function targetOf(workload: Workload, wanted: string | undefined, isServiceNeeded: boolean): Target {
  const nameOf = (service: Workload['services'][number]) =>
    `${service.kind}/${service.namespace}/${service.name}`;
  const { kind, services } = workload;
  const known = services.slice(0, KNOWN_SHOWN_MAX).map(nameOf).sort().join(', ');
  if (wanted !== undefined) {
    const service = services.find((one) => nameOf(one) === wanted);
    if (service === undefined) {
      throw new SallyportError('ERR_ENVOY_WORKLOAD', `\`${wanted}\` is no service of the workload`, {
        hint: known === '' ? 'it is a waypoint that has services' : `known are ${known}`,
      });
    }
    return { ...workload, services: [service] };
  }
  if (kind === 'waypoint' && isServiceNeeded && services.length !== 1) {
    throw new SallyportError('ERR_ENVOY_WORKLOAD', 'a waypoint has other policies for each of its services', {
      hint: known === '' ? 'none of its services is known' : `name one of ${known}`,
    });
  }
  return workload;
}
