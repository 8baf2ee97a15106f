import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Found } from '../../toolchain/found.ts';
import { foreignGoProgram, keptGoProgram, ownGoProgram } from '../../toolchain/go.ts';
import { pythonWith } from '../../toolchain/python.ts';

/** A workload made with `go-spiffe`. */
export function goWorkload(): Promise<Found> {
  return ownGoProgram(join(import.meta.dirname, 'go-spiffe'));
}

/** A workload made with the PyPI package `spiffe`. */
export async function pythonWorkload(): Promise<Found> {
  const python = await pythonWith('spiffe==0.3.2');
  return 'missing' in python
    ? python
    : { command: [...python.command, join(import.meta.dirname, 'workload.py')] };
}

const SPIRE_AGENT = ['github.com/spiffe/spire/cmd/spire-agent', 'v1.15.3'] as const;

/** `spire-agent`, of which only the client commands are used. Compiling it takes minutes. */
export function buildSpireAgent(): Promise<Found> {
  return foreignGoProgram(...SPIRE_AGENT);
}

/** The same where it was built already. */
export function spireAgent(): Found {
  const program = keptGoProgram(...SPIRE_AGENT);
  return existsSync(program)
    ? { command: [program] }
    : { missing: '`spire-agent` is not built here: `npm run programs -- --spire-agent`' };
}
