import { createColors } from 'picocolors';
import type { RowResult, Verdict } from './lab-row.ts';

/** Lines of the table, made one by one so that each row can be seen as soon as it is done. */
export interface Table {
  head(): string;
  row(result: RowResult): string;
  foot(results: readonly RowResult[]): string;
}

const TITLE_WIDTH = 62;
const REASON_WIDTH = 20;

export function makeTable(isColored: boolean): Table {
  const paint = createColors(isColored);
  return {
    head: () => paint.bold(cells(' ', 'request', 'expected', 'got', 'reason', 'policy and rule')),
    row({ row, got, isAsExpected }) {
      const { expected } = row;
      const mark = isAsExpected ? paint.green('✓') : paint.red('✗');
      const note = got.note === '' ? '' : paint.dim(`  (${got.note})`);
      const line = cells(mark, row.title, expected.status, got.status, got.reason, policyText(got));
      const problems = isAsExpected ? [] : [differenceText(expected), ...got.problems];
      return [`${line}${note}`, ...problems.map((text) => paint.red(`    ${text}`))].join('\n');
    },
    foot(results) {
      const wrong = results.filter(({ isAsExpected }) => !isAsExpected).length;
      return wrong === 0
        ? paint.green(`all ${results.length} rows as expected`)
        : paint.red(`${wrong} of ${results.length} rows differ`);
    },
  };
}

/** One object for each row, for programs. */
export function rowsAsJson(results: readonly RowResult[]): string {
  const rows = results.map(({ row, got, isAsExpected }) => ({
    id: row.id,
    request: row.title,
    expected: plain(row.expected),
    got: plain(got),
    note: got.note,
    problems: got.problems,
    ok: isAsExpected,
  }));
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}

function plain({ status, reason, policy, rule }: Verdict): Readonly<Record<string, unknown>> {
  return { status, reason, policy: policy ?? null, rule: rule ?? null };
}

function cells(mark: string, title: string, ...rest: readonly string[]): string {
  const [expected = '', got = '', reason = '', policy = ''] = rest;
  return `${mark} ${title.padEnd(TITLE_WIDTH)} ${expected.padEnd(8)} ${got.padEnd(4)} ${reason.padEnd(REASON_WIDTH)} ${policy}`;
}

function policyText({ policy, rule }: Verdict): string {
  return policy === undefined ? '–' : `${policy}${rule === undefined ? '' : `, rule ${rule}`}`;
}

function differenceText(expected: Verdict): string {
  return `expected ${expected.status}, ${expected.reason}, ${policyText(expected)}`;
}
