import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject, type ValuePath } from '../../manifest/index.ts';
import type { Attachment, PolicyObjects, TargetReference } from '../model.ts';
import type { Target, TargetService } from '../target.ts';
import { lintTargetPorts } from './lint-target-ports.ts';
import { targetIndex } from './target-index.ts';

/** What the folders of workloads tell of; `workload` has these in its directory. */
export interface KnownWorkloads {
  readonly content: {
    readonly workloads: readonly Target[];
    readonly services: readonly object[];
    readonly gateways: readonly object[];
  };
  hasGateway(namespace: string, name: string): boolean;
  service(
    kind: TargetService['kind'],
    namespace: string,
    name: string,
  ): { readonly waypoint: object | undefined; readonly ports: ReadonlySet<number> } | undefined;
  workloadsOf(service: TargetService): readonly { readonly namespace: string; readonly name: string }[];
}

/**
 * Warnings for policies that hold for no workload, for each of their `targetRefs` that leads nowhere, and for ports
 * that their services do not have. Where the folders tell of nothing at all, there is nothing to compare with.
 */
export function lintAttachment(
  objects: readonly ManifestObject[],
  policies: PolicyObjects,
  known: KnownWorkloads,
  rootNamespace: string,
): readonly Diagnostic[] {
  const { workloads, services, gateways } = known.content;
  if (workloads.length + services.length + gateways.length === 0) {
    return [];
  }
  const index = targetIndex(workloads, rootNamespace);
  const found = new Map(objects.map((object) => [keyOf(object.kind, object.namespace, object.name), object]));
  const attached = [
    ...policies.authorization,
    ...policies.requestAuthentication,
    // One of the root namespace with a selector is ignored, of which another warning tells.
    ...policies.peerAuthentication
      .filter(({ ref, labels }) => ref.namespace !== rootNamespace || labels.length === 0)
      .map(({ ref, labels }) => ({ ref, attachment: { by: 'labels', labels } as const })),
  ];
  const ofPorts = policies.authorization.flatMap((policy) => {
    const object = found.get(keyOf(policy.ref.kind, policy.ref.namespace, policy.ref.name));
    return object === undefined
      ? []
      : lintTargetPorts(
          object,
          policy,
          ({ kind, namespace, name }) => known.service(kind, namespace, name)?.ports,
        );
  });
  const ofTargets = attached.flatMap(({ ref, attachment }) => {
    const object = found.get(keyOf(ref.kind, ref.namespace, ref.name));
    return object === undefined
      ? []
      : problemsOf(attachment, { object, known, index, rootNamespace }).map(({ path, message, hint }) =>
          diagnosticAt(object, path, {
            code: 'ERR_LINT_NO_TARGET',
            severity: 'warning',
            message,
            hint,
            atKey: true,
          }),
        );
  });
  return [...ofTargets, ...ofPorts];
}

function keyOf(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

interface Place {
  readonly object: ManifestObject;
  readonly known: KnownWorkloads;
  readonly index: ReturnType<typeof targetIndex>;
  readonly rootNamespace: string;
}

interface Finding {
  readonly path: ValuePath;
  readonly message: string;
  readonly hint: string;
}

function problemsOf(attachment: Attachment, place: Place): readonly Finding[] {
  return attachment.by === 'labels'
    ? labelProblems(attachment.labels, place)
    : targetProblems(attachment.targets, place);
}

function labelProblems(
  labels: readonly (readonly [string, string])[],
  { object, index, rootNamespace }: Place,
): readonly Finding[] {
  const { namespace } = object;
  if (index.hasLabelled(namespace, labels)) {
    return [];
  }
  const where = namespace === rootNamespace ? 'at all' : `in namespace \`${namespace}\``;
  return [
    labels.length === 0
      ? {
          path: ['metadata', 'namespace'],
          message: `there is no workload ${where} that this holds for`,
          hint: 'add its WorkloadEntry; waypoints look at `targetRefs` alone',
        }
      : {
          path: ['spec', 'selector'],
          message: `no workload ${where} has these labels`,
          hint: 'compare them with the labels of its WorkloadEntry; waypoints look at `targetRefs` alone',
        },
  ];
}

function targetProblems(targets: readonly TargetReference[], place: Place): readonly Finding[] {
  const many = targetRefsOf(place.object);
  return targets.flatMap((target, at) => {
    const problem = targetProblem(target, place);
    return problem === undefined
      ? []
      : [{ path: many ? ['spec', 'targetRefs', at, 'name'] : ['spec', 'targetRef', 'name'], ...problem }];
  });
}

/** Whether the targets are those of `targetRefs`; else there is only the older `targetRef`. */
function targetRefsOf({ value }: ManifestObject): boolean {
  const spec: unknown =
    typeof value === 'object' && value !== null && 'spec' in value ? value.spec : undefined;
  return (
    typeof spec === 'object' &&
    spec !== null &&
    'targetRefs' in spec &&
    Array.isArray(spec.targetRefs) &&
    spec.targetRefs.length > 0
  );
}

type TargetProblem = Omit<Finding, 'path'>;

function targetProblem(
  { kind, name }: TargetReference,
  { object: { namespace }, known, index, rootNamespace }: Place,
): TargetProblem | undefined {
  switch (kind) {
    case 'Gateway':
      return index.hasGateway(namespace, name)
        ? undefined
        : gatewayProblem(`${namespace}/${name}`, known.hasGateway(namespace, name));
    case 'GatewayClass':
      return classProblem(name, namespace === rootNamespace, index.hasWaypoint);
    case 'Service':
    case 'ServiceEntry':
      return serviceProblem({ kind, namespace, name }, known);
    default:
      return kind satisfies never;
  }
}

function gatewayProblem(name: string, isThere: boolean): TargetProblem {
  return isThere
    ? {
        message: `no workload is a proxy of Gateway \`${name}\``,
        hint: 'add a WorkloadEntry with the label `gateway.networking.k8s.io/gateway-name`',
      }
    : {
        message: `there is no Gateway \`${name}\` in the folders of workloads`,
        hint: 'add it, or mend the name; a policy and its Gateway are in one namespace',
      };
}

function classProblem(name: string, isInRoot: boolean, hasWaypoint: boolean): TargetProblem | undefined {
  if (name !== 'istio-waypoint') {
    return {
      message: 'only the class `istio-waypoint` can be a target',
      hint: 'name the Gateways of the class',
    };
  }
  if (!isInRoot) {
    return {
      message: 'a class is a target in the root namespace alone',
      hint: 'put the policy there, or name Gateways of this namespace',
    };
  }
  return hasWaypoint
    ? undefined
    : { message: 'there is no waypoint in the folders of workloads', hint: 'add its Gateway' };
}

const NAMES_MAX = 5;

function serviceProblem(service: TargetService, known: KnownWorkloads): TargetProblem | undefined {
  const { kind, namespace, name } = service;
  const found = known.service(kind, namespace, name);
  if (found === undefined) {
    return {
      message: `there is no ${kind} \`${namespace}/${name}\` in the folders of workloads`,
      hint: 'add it, or mend the name; a policy and its target are in one namespace',
    };
  }
  if (found.waypoint !== undefined) {
    return undefined;
  }
  const workloads = known
    .workloadsOf(service)
    .slice(0, NAMES_MAX)
    .map((workload) => `\`${workload.namespace}/${workload.name}\``);
  return {
    message: `${kind} \`${namespace}/${name}\` has no waypoint, and no other proxy looks at it`,
    hint:
      workloads.length === 0
        ? 'label it `istio.io/use-waypoint`'
        : `label it \`istio.io/use-waypoint\`, or name its workloads (${workloads.join(', ')}) by \`selector\``,
  };
}
