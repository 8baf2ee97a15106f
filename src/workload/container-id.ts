const CONTAINER = /^(?:(?:docker|libpod)-)?([0-9a-f]{64})(?:\.scope)?$/;

/**
 * The container that a process is in, from its `/proc/<pid>/cgroup` (cgroups(7)), of version 1 and 2, whether the engine
 * uses systemd or not. The outermost one: what is below it is made by the container itself. Undefined when it is in
 * none, or when its hierarchies tell of several.
 */
export function containerIdOf(cgroups: string): string | undefined {
  const found = new Set<string>();
  for (const line of cgroups.split('\n')) {
    const path = /^\d+:[^:]*:(\/.*)$/.exec(line)?.[1] ?? '';
    for (const segment of path.split('/')) {
      const id = CONTAINER.exec(segment)?.[1];
      if (id !== undefined) {
        found.add(id);
        break;
      }
    }
  }
  const [id, ...others] = found;
  return others.length > 0 ? undefined : id;
}
