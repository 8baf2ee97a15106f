import {
  type Checked,
  type Diagnostic,
  formatIpAddress,
  hasErrors,
  parseIpAddress,
  sortDiagnostics,
} from '../base/index.ts';
import { serviceAccountOf, type TrustDomain } from '../identity/index.ts';
import { checkShape, diagnosticAt, isDnsSubdomain, type ManifestObject } from '../manifest/index.ts';
import { checkKind } from './object-kind.ts';
import type { Directory, Workload } from './workload.ts';
import { workloadEntrySchema } from './workload-entry.ts';
import { GATEWAY_NAME_LABEL, workloadKindOf } from './workload-kind.ts';

/** The trust domain whose identities stand for workloads here, with its other names. */
export interface Mesh {
  readonly trustDomain: TrustDomain;
  readonly trustDomainAliases: readonly string[];
}

const KINDS = [
  { group: 'networking.istio.io', versions: ['v1', 'v1beta1', 'v1alpha3'], kind: 'WorkloadEntry' },
] as const;

/** The directory of all WorkloadEntry objects; any other kind is an error. */
export function loadDirectory(objects: readonly ManifestObject[], mesh: Mesh): Checked<Directory> {
  const diagnostics: Diagnostic[] = [];
  const workloads: Workload[] = [];
  for (const object of objects) {
    const checked = readWorkload(object);
    diagnostics.push(...checked.diagnostics);
    if (checked.value !== undefined) {
      workloads.push(checked.value);
    }
  }
  const value = hasErrors(diagnostics) ? undefined : createDirectory(workloads, mesh);
  return { value, diagnostics: sortDiagnostics(diagnostics) };
}

/** For workloads that were checked already, such as those that another thread read. */
export function createDirectory(workloads: readonly Workload[], mesh: Mesh): Directory {
  const trustDomains = new Set<string>([mesh.trustDomain, ...mesh.trustDomainAliases]);
  const named = new Map(workloads.map((workload) => [nameKey(workload.namespace, workload.name), workload]));
  const byAddress = Map.groupBy(
    workloads.flatMap((workload) => workload.addresses.map((address) => ({ address, workload }))),
    ({ address }) => address,
  );
  const byAccount = Map.groupBy(
    workloads.filter(({ serviceAccount }) => serviceAccount !== ''),
    ({ namespace, serviceAccount }) => nameKey(namespace, serviceAccount),
  );
  const addressed = new Map(
    [...byAddress].map(([address, found]) => [address, found.map(({ workload }) => workload)]),
  );
  return {
    workloads,
    size: workloads.length,
    byName: (namespace, name) => named.get(nameKey(namespace, name)),
    byAddress: (address) => addressed.get(address) ?? addressed.get(canonicalAddress(address) ?? '') ?? [],
    byIdentity: (id) => {
      const account = serviceAccountOf(id);
      return account === undefined || !trustDomains.has(id.trustDomain)
        ? []
        : (byAccount.get(nameKey(account.namespace, account.name)) ?? []);
    },
  };
}

function nameKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function readWorkload(object: ManifestObject): Checked<Workload> {
  const wrongKind = checkKind(object, KINDS);
  if (wrongKind.length > 0) {
    return { value: undefined, diagnostics: wrongKind };
  }
  const checked = checkShape(object, workloadEntrySchema);
  if (checked.value === undefined) {
    return { value: undefined, diagnostics: checked.diagnostics };
  }
  const { spec } = checked.value;
  // Where both are given, Istio takes the label of the object.
  const labels = new Map([...(spec.labels ?? []), ...object.labels]);
  const kind = workloadKindOf(labels);
  const address = readAddress(object, spec.address ?? '');
  const diagnostics = [...checked.diagnostics, ...address.diagnostics];
  if (kind.kind === 'unclear') {
    diagnostics.push(
      diagnosticAt(object, ['spec', 'labels'], {
        code: 'ERR_WORKLOAD_KIND',
        message: 'labels are those of a waypoint or gateway, but do not name its Gateway',
        hint: `add the label \`${GATEWAY_NAME_LABEL}\``,
      }),
    );
    return { value: undefined, diagnostics };
  }
  return {
    value: {
      namespace: object.namespace,
      name: object.name,
      labels,
      serviceAccount: spec.serviceAccount ?? '',
      addresses: address.value ?? [],
      ...kind,
      services: [],
    },
    diagnostics,
  };
}

/** Host names and sockets are allowed as in Istio; such a workload is found by its name alone. */
function readAddress(object: ManifestObject, text: string): Checked<readonly string[]> {
  const address = canonicalAddress(text);
  if (address !== undefined) {
    return { value: [address], diagnostics: [] };
  }
  return text === '' || isHostName(text) || /^unix:\/\/[/@]./.test(text)
    ? { value: [], diagnostics: [] }
    : {
        value: [],
        diagnostics: [
          diagnosticAt(object, ['spec', 'address'], {
            code: 'ERR_WORKLOAD_ADDRESS',
            message: `\`${text.slice(0, 200)}\` is neither an IP address nor a host name`,
            hint: 'write the address alone, without port or range',
          }),
        ],
      };
}

/** What ends in a number would be an IP address, and is then a wrong one. */
function isHostName(text: string): boolean {
  return isDnsSubdomain(text.toLowerCase()) && !/(?:^|\.)\d+$/.test(text);
}

const MAPPED_IPV4 = 0xffffn;

/** RFC 5952 text; an IPv4 address that came mapped into IPv6 is the IPv4 address. */
function canonicalAddress(text: string): string | undefined {
  const address = parseIpAddress(text);
  if (address === undefined) {
    return undefined;
  }
  return address.family === 6 && address.bits >> 32n === MAPPED_IPV4
    ? formatIpAddress({ family: 4, bits: address.bits & 0xffff_ffffn })
    : formatIpAddress(address);
}
