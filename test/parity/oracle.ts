import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { JsonObject } from '../../src/envoy/index.ts';

/** What is asked of Istio's compiler; see `test/oracle/main.go`. */
export interface OracleRequest {
  readonly yaml: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly trustDomain: string;
  readonly aliases: readonly string[];
  readonly rootNamespace: string;
  readonly tcp: boolean;
}

export interface OracleFilter {
  readonly name: string;
  readonly typedConfig: JsonObject;
}

export type OracleAnswer = { readonly filters: readonly OracleFilter[] } | { readonly error: string };

export interface Oracle {
  ask(request: OracleRequest): Promise<OracleAnswer>;
  stop(): void;
}

/** One process for the whole run; built first when it is not there. */
export function startOracle(): Oracle {
  const path = execFileSync('scripts/oracle.sh', {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: ((line: string | undefined) => void)[] = [];
  createInterface({ input: child.stdout })
    // Istio's own warnings come on the same way.
    .on('line', (line) => (line.startsWith('{') ? waiting.shift()?.(line) : undefined))
    .on('close', () => {
      for (const give of waiting.splice(0)) {
        give(undefined);
      }
    });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting.push((line) =>
          line === undefined ? reject(new Error('the oracle has ended')) : resolve(JSON.parse(line)),
        );
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    stop: () => void child.kill(),
  };
}
