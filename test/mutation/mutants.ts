import { parseSync } from 'oxc-parser';

/** A source text with one small mistake in it. */
export interface Mutant {
  /** Line and column of its begin: `12:5`. */
  readonly place: string;
  /** Its kind, `=== to !==`; the second of a kind in lines of the same text is `=== to !== #2`. */
  readonly mutation: string;
  /** The text of the line it begins in. */
  readonly line: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

type Node = Readonly<Record<string, unknown>> & { readonly start: number; readonly end: number };

interface Change {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Every mutant of a text, in the order of their places. */
export function mutantsOf(path: string, text: string): readonly Mutant[] {
  const parsed = parseSync(path, text);
  const changes: Change[] = [];
  walk(parsed.program as unknown, (node) => {
    changes.push(...changesOf(node, text));
  });
  const lines = text.split('\n');
  const seen = new Map<string, number>();
  return changes
    .filter(({ start, end, replacement }) => text.slice(start, end) !== replacement)
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map(({ kind, start, end, replacement }) => {
      const { row, column } = placeOf(text, start);
      const line = lines[row - 1]?.trim() ?? '';
      const count = (seen.get(`${kind} ${line}`) ?? 0) + 1;
      seen.set(`${kind} ${line}`, count);
      const mutation = count === 1 ? kind : `${kind} #${count}`;
      return { place: `${row}:${column}`, mutation, line, start, end, replacement };
    });
}

export function mutated(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['+'],
  '>>': ['<<'],
  '<<': ['>>'],
  '|': ['&'],
  '%': ['+'],
  '&&': ['||'],
  '||': ['&&'],
  '++': ['--'],
  '--': ['++'],
  '+=': ['-='],
};

const METHODS: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  indexOf: 'lastIndexOf',
  lastIndexOf: 'indexOf',
  has: 'delete',
};

/** Calls that may as well not be there. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'filter',
  'trim',
  'toLowerCase',
  'slice',
  'sort',
  'map',
  'concat',
]);

function changesOf(node: Node, text: string): readonly Change[] {
  const whole = (kind: string, replacement: string, part: Node = node): Change => ({
    kind,
    start: part.start,
    end: part.end,
    replacement,
  });
  const source = (part: unknown): string => (isNode(part) ? text.slice(part.start, part.end) : '');
  switch (node['type']) {
    case 'BinaryExpression':
    case 'AssignmentExpression':
    case 'UpdateExpression':
      return operatorChanges(node, text);
    case 'LogicalExpression':
      return [
        ...operatorChanges(node, text),
        whole('left alone', source(node['left'])),
        whole('right alone', source(node['right'])),
      ];
    case 'UnaryExpression':
      return node['operator'] === '!' ? [whole('no !', source(node['argument']))] : [];
    case 'ConditionalExpression':
      return [
        whole('always first', source(node['consequent'])),
        whole('always second', source(node['alternate'])),
      ];
    case 'IfStatement': {
      const test = node['test'];
      return isNode(test) ? [whole('if true', 'true', test), whole('if false', 'false', test)] : [];
    }
    case 'Literal':
      return literalChanges(node, whole);
    case 'ArrayExpression':
      return [whole('empty list', '[]')];
    case 'ExpressionStatement':
      return [whole('no statement', ';')];
    case 'CallExpression':
      return callChanges(node, text, whole);
    case 'MemberExpression':
      return node['optional'] === true ? [whole('no ?', source(node).replace('?.', '.'))] : [];
    case 'ContinueStatement':
    case 'BreakStatement':
      return [whole('no jump', ';')];
    default:
      return [];
  }
}

function operatorChanges(node: Node, text: string): readonly Change[] {
  const operator = String(node['operator']);
  const [before, after] = [node['left'] ?? node['argument'], node['right']];
  const from = isNode(before) && node['prefix'] !== true ? before.end : node.start;
  const to = isNode(after) ? after.start : node.end;
  const at = text.slice(from, to).indexOf(operator);
  return at < 0
    ? []
    : (OPERATORS[operator] ?? []).map((other) => ({
        kind: `${operator} to ${other}`,
        start: from + at,
        end: from + at + operator.length,
        replacement: other,
      }));
}

type Whole = (kind: string, replacement: string, part?: Node) => Change;

function literalChanges(node: Node, whole: Whole): readonly Change[] {
  const { value } = node;
  if (node['regex'] !== undefined) {
    return [whole('never matches', '/(?!)/')];
  }
  switch (typeof value) {
    case 'boolean':
      return [whole(`not ${value}`, String(!value))];
    case 'number':
      return [whole('one more', String(value + 1))];
    case 'bigint':
      return [whole('one more', `${value + 1n}n`)];
    case 'string':
      return [whole('another text', value === '' ? "'mutant'" : "''")];
    default:
      return [];
  }
}

function callChanges(node: Node, text: string, whole: Whole): readonly Change[] {
  const { callee } = node;
  if (!isNode(callee) || callee['type'] !== 'MemberExpression') {
    return [];
  }
  const { object, property } = callee;
  if (!isNode(object) || !isNode(property)) {
    return [];
  }
  const name = text.slice(property.start, property.end);
  const other = METHODS[name];
  return [
    ...(other === undefined ? [] : [whole(`${name} to ${other}`, other, property)]),
    ...(LEFT_OUT.has(name) ? [whole(`no ${name}`, text.slice(object.start, object.end))] : []),
  ];
}

/** What says nothing when the program runs, or only what can never be reached. */
const SKIPPED: ReadonlySet<string> = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  'TSSatisfiesExpression',
]);

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      walk(item, visit);
    }
    return;
  }
  if (typeof value !== 'object' || value === null) {
    return;
  }
  if (isNode(value)) {
    const type = String(value['type']);
    if (SKIPPED.has(type) || (type.startsWith('TS') && type !== 'TSAsExpression')) {
      return;
    }
    visit(value);
  }
  for (const [name, child] of Object.entries(value)) {
    if (
      name !== 'typeAnnotation' &&
      name !== 'returnType' &&
      name !== 'typeArguments' &&
      name !== 'typeParameters'
    ) {
      walk(child, visit);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
}

function placeOf(text: string, offset: number): { readonly row: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { row: before.length, column: (before.at(-1) ?? '').length + 1 };
}
