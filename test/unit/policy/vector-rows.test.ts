import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTokenVectors } from '../authz/token-vectors.ts';
import { readVectors } from './vectors.ts';

/** Sections 1.3 to 1.11, 2.2 to 2.4 and 3 of the specification, one row a line. */
const rows = readFileSync('test/vectors/policy/rows.txt', 'utf8').trim().split('\n');
const vectors = [...readVectors(), ...readTokenVectors()];
const byRow = Map.groupBy(vectors, ({ row }) => row);

describe('rows of the specification', () => {
  it.each(rows)('%s', (row) => {
    const kinds = new Set((byRow.get(row) ?? []).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['hit', 'miss']);
  });

  it('are all listed that a vector names', () => {
    const named = [...byRow.keys()].filter((row) => /^(?:1\.(?:[3-9]|1[01])|2\.[2-4]|3)\b/.test(row));
    expect(named.filter((row) => !row.includes('unknown') && !rows.includes(row))).toEqual([]);
    expect(new Set(rows).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThanOrEqual(190);
  });
});
