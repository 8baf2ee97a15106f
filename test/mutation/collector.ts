/**
 * Stands in for `vitest` where a mutant is tried: keeps the tests of a file and runs them until one fails. What
 * it knows of the interface is what the tests of the policy room use.
 */
import { format } from 'node:util';
import { expect } from 'vitest';

export { expect };

interface Collected {
  readonly name: string;
  readonly run: () => unknown;
}

let collected: Collected[] = [];

/** The first failure, or undefined. */
export async function runCollected(): Promise<string | undefined> {
  const tests = collected;
  collected = [];
  for (const { name, run } of tests) {
    try {
      await run();
    } catch {
      return name;
    }
  }
  return undefined;
}

type Run = (...values: readonly never[]) => unknown;

function add(name: string, ...rest: readonly unknown[]): void {
  const run = rest.find((part): part is () => unknown => typeof part === 'function');
  if (run !== undefined) {
    collected.push({ name, run });
  }
}

add.each =
  (cases: readonly unknown[]) =>
  (name: string, ...rest: readonly unknown[]) => {
    const run = rest.find((part): part is Run => typeof part === 'function');
    for (const one of cases) {
      const values = Array.isArray(one) ? one : [one];
      collected.push({ name: format(name, ...values), run: () => run?.(...(values as never[])) });
    }
  };

export const it = add;
export const test = add;

export function describe(_name: string, ...rest: readonly unknown[]): void {
  rest.find((part): part is () => void => typeof part === 'function')?.();
}

/** Tests that leave something behind are not among those that run here. */
export function onTestFinished(): void {
  throw new Error('a test that leaves something behind cannot run here');
}
