/** The container that a process is in, as its control groups tell. */
export interface ContainerGroups {
  readonly id: string;
  /** Those of the container itself, with their hierarchies: `0::/system.slice/docker-<id>.scope`. */
  readonly groups: readonly string[];
}

const CONTAINER = /^(?:(?:docker|libpod)-)?([0-9a-f]{64})(?:\.scope)?$/;

/**
 * Reads `/proc/<pid>/cgroup` (cgroups(7)), of version 1 and 2, whether the engine uses systemd or not. The container is
 * the outermost one: what is below it is made by the container itself. Undefined when a process is in none, or when its
 * hierarchies tell of several.
 */
export function containerGroupsOf(cgroups: string): ContainerGroups | undefined {
  const found = cgroups.split('\n').flatMap((line) => groupIn(line) ?? []);
  const [first] = found;
  return first === undefined || found.some(({ id }) => id !== first.id)
    ? undefined
    : { id: first.id, groups: found.map(({ group }) => group) };
}

function groupIn(line: string): { readonly id: string; readonly group: string } | undefined {
  const [, hierarchy = '', path = ''] = /^(\d+:[^:]*:)(\/.*)$/.exec(line) ?? [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    const id = CONTAINER.exec(segment)?.[1];
    if (id !== undefined) {
      return { id, group: `${hierarchy}${segments.slice(0, index + 1).join('/')}` };
    }
  }
  return undefined;
}
