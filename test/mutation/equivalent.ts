import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Mutant } from './mutants.ts';

/** Names a mutant wherever its line has moved to. */
export function keyOf(path: string, { mutation, line }: Pick<Mutant, 'mutation' | 'line'>): string {
  return `${path}: ${mutation}: ${line}`;
}

const schema = z.array(
  z.strictObject({
    file: z.string(),
    line: z.string(),
    mutations: z.array(z.string()).min(1),
    because: z.string().min(1),
  }),
);

/** The names of the mutants that change no verdict, each with its file; `equivalent.yaml` says why. */
export function readEquivalent(): ReadonlyMap<string, string> {
  const text = readFileSync(join(import.meta.dirname, 'equivalent.yaml'), 'utf8');
  return new Map(
    schema
      .parse(parse(text))
      .flatMap(({ file, line, mutations }) =>
        mutations.map((mutation) => [keyOf(file, { mutation, line }), file] as const),
      ),
  );
}
