import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from 'yaml';
import { type Checked, type Diagnostic, LIMITS } from '../base/index.ts';
import { composeFile } from './compose.ts';
import type { ManifestFile } from './manifest-file.ts';
import { type PlainProblem, toPlainData } from './plain-data.ts';
import type { Position, Positioned } from './positioned.ts';
import type { ValuePath } from './value-path.ts';

/** One document of a YAML file as plain data with positions. */
export type YamlDocument = Positioned;

/**
 * All documents of a file, the empty ones (nothing but comments) left out. The value holds what could
 * be read even beside errors, so that later checks find their problems in the same run.
 */
export function readYamlDocuments(file: ManifestFile): Checked<readonly YamlDocument[]> {
  const composed = composeFile(file);
  const diagnostics: Diagnostic[] = [...composed.diagnostics];
  const documents: YamlDocument[] = [];
  for (const parsed of composed.documents) {
    const root = parsed.contents as Node | null;
    if (parsed.errors.length > 0 || isEmpty(root)) {
      continue;
    }
    const plain = toPlainData(root);
    for (const problem of plain.problems) {
      const { line, col } = composed.lines.linePos(problem.offset);
      diagnostics.push({
        code: CODES[problem.kind],
        severity: 'error',
        file: file.path,
        line,
        column: col,
        path: '',
        message: problem.message,
        hint: problem.hint,
      });
    }
    if (plain.problems.length === 0) {
      const tree = { file: file.path, document: parsed, lines: composed.lines, targets: plain.targets };
      documents.push({
        file: file.path,
        value: plain.value,
        locate: (path) => locate(tree, path, false),
        locateKey: (path) => locate(tree, path, true),
      });
    }
  }
  return { value: documents, diagnostics: diagnostics.slice(0, LIMITS.diagnostics) };
}

const CODES = {
  duplicate_key: 'ERR_MANIFEST_DUPLICATE_KEY',
  alias: 'ERR_MANIFEST_YAML',
  limit: 'ERR_LIMIT_EXCEEDED',
  value: 'ERR_MANIFEST_YAML',
} as const satisfies Record<PlainProblem['kind'], Diagnostic['code']>;

interface Tree {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly targets: ReadonlyMap<Alias, Node>;
}

/** A document of comments alone, or of an empty plain value. */
function isEmpty(root: Node | null): boolean {
  return root === null || (isScalar(root) && root.value === null && (root.source ?? '') === '');
}

function locate(tree: Tree, path: ValuePath, wantsKey: boolean): Position {
  let here = tree.document.contents as Node | null;
  let key: Node | undefined;
  let complete = true;
  for (const step of path) {
    const container = resolve(tree, here);
    const pair = isMap(container) && typeof step === 'string' ? pairOf(container.items, step) : undefined;
    if (pair !== undefined) {
      key = pair.key;
      here = pair.value;
    } else if (isSeq(container) && typeof step === 'number' && container.items[step] !== undefined) {
      key = undefined;
      here = container.items[step] as Node;
    } else {
      complete = false;
      break;
    }
  }
  const isLeaf = isAlias(here) || (isScalar(here) && here.value !== null);
  const node = key !== undefined && (wantsKey || !isLeaf || !complete) ? key : here;
  const { line, col } = tree.lines.linePos(node?.range?.[0] ?? tree.document.range[0]);
  return { line, column: col };
}

function resolve(tree: Tree, node: Node | null): Node | null {
  return isAlias(node) ? (tree.targets.get(node) ?? node) : node;
}

function pairOf(
  items: readonly Pair[],
  name: string,
): { readonly key: Node; readonly value: Node | null } | undefined {
  const pair = items.find((item) => isScalar(item.key) && item.key.value === name);
  return pair === undefined ? undefined : { key: pair.key as Node, value: pair.value as Node | null };
}
