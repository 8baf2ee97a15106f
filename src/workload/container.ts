import { readFile } from 'node:fs/promises';
import { errorText } from '../base/index.ts';
import { containerIdOf } from './container-id.ts';
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

/** Never rejects. A process in no container has no such selectors. */
export async function readContainer(
  pid: number,
  docker: DockerApi,
  readCgroups: ReadCgroups = cgroupsOf,
): Promise<ContainerReading> {
  let id: string | undefined;
  try {
    id = containerIdOf(await readCgroups(pid));
  } catch (error) {
    return { ...NO_CONTAINER, missing: [`docker: the cgroups cannot be read: ${errorText(error)}`] };
  }
  if (id === undefined) {
    return NO_CONTAINER;
  }
  try {
    const facts = await docker.inspect(id);
    return facts === undefined
      ? { ...NO_CONTAINER, missing: [`docker: the engine does not know the container ${id.slice(0, 12)}`] }
      : { ...NO_CONTAINER, selectors: dockerSelectors(facts) };
  } catch (error) {
    return { selectors: [], missing: [`docker: ${errorText(error)}`], isBusy: true };
  }
}

function cgroupsOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cgroup`, 'latin1');
}
