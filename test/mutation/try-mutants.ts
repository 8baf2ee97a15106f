/**
 * The process in which mutants are tried, one after the other: each in modules loaded anew, so that nothing of
 * the one before is left. Told by messages which, and answers each.
 */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCollected } from './collector.ts';

export interface Trial {
  readonly id: number;
  /** Relative to the repository; with what it holds instead. */
  readonly path: string;
  readonly text: string;
  readonly testFiles: readonly string[];
}

export interface Outcome {
  readonly id: number;
  /** The test that failed; undefined when the mutant lives. */
  readonly killedBy: string | undefined;
}

const COLLECTOR = new URL('./collector.ts', import.meta.url).href;
const RELOADED = [resolve('src/policy'), resolve('test/unit/policy'), resolve('test/reference')].map(
  (path) => `${pathToFileURL(path).href}/`,
);

/** Only types of the policy room are in here, and its vectors take long to read. */
const KEPT = pathToFileURL(resolve('test/unit/policy/vectors.ts')).href;

let trial: Trial | undefined;

registerHooks({
  resolve(specifier, context, next) {
    const version = /\?mutant=\d+$/.exec(context.parentURL ?? '')?.[0];
    if (version === undefined) {
      return next(specifier, context);
    }
    if (specifier === 'vitest') {
      return { url: COLLECTOR, shortCircuit: true };
    }
    const resolved = next(specifier, context);
    return resolved.url !== KEPT && RELOADED.some((folder) => resolved.url.startsWith(folder))
      ? { ...resolved, url: resolved.url + version }
      : resolved;
  },
  load(url, context, next) {
    const isMutant =
      trial !== undefined && url === `${pathToFileURL(resolve(trial.path)).href}?mutant=${trial.id}`;
    return isMutant
      ? { format: 'module-typescript', source: trial?.text ?? '', shortCircuit: true }
      : next(url, context);
  },
});

process.on('message', (message) => {
  void tryOne(message as Trial).then((outcome) => process.send?.(outcome));
});

process.on('disconnect', () => process.exit());

async function tryOne(next: Trial): Promise<Outcome> {
  trial = next;
  for (const file of next.testFiles) {
    try {
      await import(`${pathToFileURL(resolve(file)).href}?mutant=${next.id}`);
    } catch (error) {
      return { id: next.id, killedBy: `${file} cannot be loaded: ${String(error).slice(0, 200)}` };
    }
    const killedBy = await runCollected();
    if (killedBy !== undefined) {
      return { id: next.id, killedBy };
    }
  }
  return { id: next.id, killedBy: undefined };
}
