import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EnvoyVersion } from '../envoy/index.ts';
import { RELEASES } from './envoy-download.ts';
import { docker } from './runtime-containers-engine.ts';

/** Where `Dockerfile` is, in a clone of the project. */
const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

export const SALLYPORT_IMAGE = 'sallyport:lab';
/** On the images that a lab builds, so that it removes none of a user's own. */
const IMAGE_LABEL = 'org.sallyport.lab';

export function envoyImage(version: EnvoyVersion): string {
  return `envoyproxy/envoy:v${RELEASES[version]}`;
}

const ASK_MILLIS = 10_000;
const PULL_MILLIS = 600_000;
const BUILD_MILLIS = 900_000;

const prepared = new Map<EnvoyVersion, Promise<string | undefined>>();

/**
 * Sees to the images of the lab, once in a process: Envoy's is pulled unless it is there, Sallyport's is built, which costs a
 * second when nothing changed. Says what is in the way; undefined when both are there.
 */
export function prepareImages(
  version: EnvoyVersion,
  progress: (line: string) => void,
): Promise<string | undefined> {
  const problem = prepared.get(version) ?? prepare(version, progress);
  prepared.set(version, problem);
  return problem;
}

async function prepare(version: EnvoyVersion, progress: (line: string) => void): Promise<string | undefined> {
  const dockerfile = await readFile(join(PROJECT, 'Dockerfile'), 'utf8').catch(() => undefined);
  if (dockerfile === undefined) {
    return 'an installed sallyport has no Dockerfile; containers need a clone of the project';
  }
  if (!(await docker(['version', '--format', '{{.Server.Version}}'], ASK_MILLIS)).isDone) {
    return 'no Docker engine answers';
  }
  return (
    (await pullUnlessThere(envoyImage(version), progress)) ?? (await buildSallyport(dockerfile, progress))
  );
}

async function pullUnlessThere(image: string, progress: (line: string) => void): Promise<string | undefined> {
  if (await isHere(image)) {
    return undefined;
  }
  if (!(await canBePulled(image))) {
    return noImage(image);
  }
  progress(`pulling the image ${image} …`);
  const { isDone, lastLine } = await docker(['pull', '--quiet', image], PULL_MILLIS);
  return isDone ? undefined : `the image ${image} cannot be pulled: ${lastLine}`;
}

async function buildSallyport(
  dockerfile: string,
  progress: (line: string) => void,
): Promise<string | undefined> {
  const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1] ?? '';
  // A builder may keep base images where they are not listed, so one build that went well is enough.
  if (!(await isHere(SALLYPORT_IMAGE)) && !(await isHere(base)) && !(await canBePulled(base))) {
    return noImage(base);
  }
  progress(`building the image ${SALLYPORT_IMAGE} …`);
  const label = ['--label', `${IMAGE_LABEL}=image`];
  const args = ['build', '--tag', SALLYPORT_IMAGE, ...label, '--build-arg', 'NODE_EXTRA_CA_CERTS', PROJECT];
  const { isDone, lastLine } = await docker(args, BUILD_MILLIS);
  if (!isDone) {
    return `the image ${SALLYPORT_IMAGE} cannot be built: ${lastLine}`;
  }
  // What was `sallyport:lab` before has lost its name; a lab that still runs keeps it from being removed.
  await docker(['image', 'prune', '--force', '--filter', `label=${IMAGE_LABEL}`]);
  return undefined;
}

async function isHere(image: string): Promise<boolean> {
  return (await docker(['image', 'inspect', image])).isDone;
}

/** A registry that cannot be reached makes a pull hang for long; this it answers at once or not at all. */
async function canBePulled(image: string): Promise<boolean> {
  return (await docker(['manifest', 'inspect', image], ASK_MILLIS)).isDone;
}

function noImage(image: string): string {
  return `the image ${image} is neither here nor to be pulled (scripts/images.sh makes a stand-in)`;
}
