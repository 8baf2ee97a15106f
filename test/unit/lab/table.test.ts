import { describe, expect, it } from 'vitest';
import type { LabRow, RowResult } from '../../../src/lab/index.ts';
import { makeTable, rowsAsJson } from '../../../src/lab/table.ts';

const ROW: LabRow = {
  id: 'orders-allowed',
  title: 'frontend: GET /orders',
  act: { kind: 'rotation' },
  expected: { status: '200', reason: 'allowed_by_policy', policy: 'shop/readers', rule: 0 },
};
const GOOD: RowResult = { row: ROW, got: { ...ROW.expected, note: '', problems: [] }, isAsExpected: true };
const BAD: RowResult = {
  row: ROW,
  got: {
    status: '403',
    reason: 'denied_no_rule',
    policy: undefined,
    rule: undefined,
    note: 'after 3 ms',
    problems: ['late'],
  },
  isAsExpected: false,
};

describe('makeTable', () => {
  const table = makeTable(false);

  it('shows a row in one line', () => {
    expect(table.row(GOOD)).toMatch(
      /^✓ frontend: GET \/orders +200 +200 +allowed_by_policy +shop\/readers, rule 0$/,
    );
  });

  it('says what was expected where a row differs, and what else is wrong', () => {
    const lines = table.row(BAD).split('\n');
    expect(lines[0]).toMatch(/^✗ .* 200 +403 +denied_no_rule +– {2}\(after 3 ms\)$/);
    expect(lines.slice(1)).toEqual(['    expected 200, allowed_by_policy, shop/readers, rule 0', '    late']);
  });

  it('counts', () => {
    expect(table.foot([GOOD, GOOD])).toBe('all 2 rows as expected');
    expect(table.foot([GOOD, BAD])).toBe('1 of 2 rows differ');
  });
});

describe('rowsAsJson', () => {
  it('gives programs the same', () => {
    expect(JSON.parse(rowsAsJson([BAD]))).toEqual([
      {
        id: 'orders-allowed',
        request: 'frontend: GET /orders',
        expected: { status: '200', reason: 'allowed_by_policy', policy: 'shop/readers', rule: 0 },
        got: { status: '403', reason: 'denied_no_rule', policy: null, rule: null },
        note: 'after 3 ms',
        problems: ['late'],
        ok: false,
      },
    ]);
  });
});
