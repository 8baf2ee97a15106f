import { readFile } from 'node:fs/promises';
import { errorText } from '../base/index.ts';
import { type ContainerGroups, containerGroupsOf } from './container-id.ts';
import type { DockerApi } from './docker-api.ts';
import { dockerSelectors } from './docker-selectors.ts';

/** What could be said about the container of a process, and why the rest could not. */
export interface ContainerReading {
  readonly selectors: readonly string[];
  readonly missing: readonly string[];
  /** What is missing may be had a little later. */
  readonly isBusy: boolean;
}

export const NO_CONTAINER: ContainerReading = { selectors: [], missing: [], isBusy: false };

/** The text of `/proc/<pid>/cgroup`. */
export type ReadCgroups = (pid: number) => Promise<string>;

/**
 * Never rejects. A process in no container has no such selectors. Whoever may make control groups, as every user of
 * systemd in a slice of their own, can name one after somebody else's container: so it has to be the very group that the
 * first process of the container is in.
 */
export async function readContainer(
  pid: number,
  docker: DockerApi,
  readCgroups: ReadCgroups = cgroupsOf,
): Promise<ContainerReading> {
  let own: ContainerGroups | undefined;
  try {
    own = containerGroupsOf(await readCgroups(pid));
  } catch (error) {
    return missing(`the cgroups cannot be read: ${errorText(error)}`);
  }
  if (own === undefined) {
    return NO_CONTAINER;
  }
  try {
    const facts = await docker.inspect(own.id);
    if (facts === undefined) {
      return missing(`the engine does not know the container ${own.id.slice(0, 12)}`);
    }
    return (await isInGroupsOf(own, facts.pid, readCgroups))
      ? { ...NO_CONTAINER, selectors: dockerSelectors(facts) }
      : missing(
          `not in the cgroups of the container ${own.id.slice(0, 12)}, or its first process is not in sight`,
        );
  } catch (error) {
    return { ...missing(errorText(error)), isBusy: true };
  }
}

async function isInGroupsOf(
  own: ContainerGroups,
  firstPid: number,
  readCgroups: ReadCgroups,
): Promise<boolean> {
  try {
    const groups = containerGroupsOf(await readCgroups(firstPid))?.groups ?? [];
    return own.groups.every((group) => groups.includes(group));
  } catch {
    return false;
  }
}

function missing(why: string): ContainerReading {
  return { ...NO_CONTAINER, missing: [`docker: ${why}`] };
}

function cgroupsOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cgroup`, 'latin1');
}
