import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { parseSync } from 'oxc-parser';

/** One file of `src` as the tidy test sees it. */
export interface SourceFile {
  /** Relative to `src`, with forward slashes. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly string[];
  readonly functions: readonly { readonly line: number; readonly lines: number }[];
  readonly hasDefaultExport: boolean;
}

export function readSourceFiles(root: string): readonly SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => readSourceFile(root, path.split(sep).join('/')));
}

/** The file an import of `from` leads to, relative to `src`; undefined for a package. */
export function resolveImport(from: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from.path), specifier) : undefined;
}

function readSourceFile(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) {
    throw new Error(`${relative('.', join(root, path))} does not parse: ${parsed.errors[0]?.message}`);
  }
  const functions: { line: number; lines: number }[] = [];
  const imports: string[] = [];
  let hasDefaultExport = false;
  walk(parsed.program, (node) => {
    const type = node['type'];
    if (type === 'ExportDefaultDeclaration') {
      hasDefaultExport = true;
    }
    if (FUNCTIONS.has(String(type))) {
      const body = text.slice(Number(node['start']), Number(node['end']));
      functions.push({
        line: text.slice(0, Number(node['start'])).split('\n').length,
        lines: body.split('\n').length,
      });
    }
    const source = node['source'];
    if (isNode(source) && typeof source['value'] === 'string') {
      imports.push(source['value']);
    }
  });
  return {
    path,
    room: path.includes('/') ? path.slice(0, path.indexOf('/')) : '',
    text,
    lines: text.split('\n').length - 1,
    imports,
    functions,
    hasDefaultExport,
  };
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      walk(item, visit);
    }
  } else if (isNode(value)) {
    if (typeof value['type'] === 'string') {
      visit(value);
    }
    for (const child of Object.values(value)) {
      walk(child, visit);
    }
  }
}
