import { type Alias, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { LIMITS } from '../base/index.ts';
import type { PlainValue } from './positioned.ts';

export interface PlainData {
  readonly value: PlainValue;
  /** Which node an alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly problems: readonly PlainProblem[];
}

export interface PlainProblem {
  readonly offset: number;
  readonly kind: 'duplicate_key' | 'alias' | 'limit' | 'value';
  readonly message: string;
  readonly hint: string;
}

interface Converted {
  readonly value: PlainValue;
  /** Of the node and all below it, aliases expanded. */
  readonly nodes: number;
  readonly height: number;
}

interface Conversion {
  readonly anchors: Map<string, { readonly node: Node; readonly converted: Converted }>;
  readonly targets: Map<Alias, Node>;
  readonly problems: PlainProblem[];
  aliasNodes: number;
}

/**
 * Turns a document's tree into plain data. Maps become objects without a prototype, so `__proto__` is a
 * name like any other. Aliases share what they stand for and are bounded by number, by the nodes they
 * add and by depth, so that a bomb costs nothing here and nothing later.
 */
export function toPlainData(root: Node | null): PlainData {
  const conversion: Conversion = { anchors: new Map(), targets: new Map(), problems: [], aliasNodes: 0 };
  const { value } = convert(conversion, root, 0);
  return { value, targets: conversion.targets, problems: conversion.problems };
}

function convert(conversion: Conversion, node: Node | null | undefined, depth: number): Converted {
  if (node === null || node === undefined) {
    return NOTHING;
  }
  if (isAlias(node)) {
    return convertAlias(conversion, node, depth);
  }
  const converted = convertNode(conversion, node, depth);
  const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
  if (anchor !== undefined) {
    conversion.anchors.set(anchor, { node, converted });
  }
  return converted;
}

function convertNode(conversion: Conversion, node: Node, depth: number): Converted {
  if (isMap(node)) {
    return convertMap(conversion, node.items, depth);
  }
  if (isSeq(node)) {
    const children = node.items.map((item) => convert(conversion, item as Node | null, depth + 1));
    return collect(
      children.map((child) => child.value),
      children,
    );
  }
  if (isScalar(node) && isPlainScalar(node.value)) {
    return { value: node.value, nodes: 1, height: 0 };
  }
  return complain(
    conversion,
    node,
    'value',
    'a value of a kind that JSON does not have',
    'write it as a text, in quotes',
  );
}

function convertMap(
  conversion: Conversion,
  items: readonly { key: unknown; value: unknown }[],
  depth: number,
): Converted {
  const value: Record<string, PlainValue> = Object.create(null);
  const seen = new Set<string>();
  const children: Converted[] = [];
  for (const pair of items) {
    const key = pair.key as Node;
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
    const child = convert(conversion, pair.value as Node | null, depth + 1);
    children.push(child);
    if (name === undefined) {
      complain(conversion, key, 'value', 'keys of a map must be plain text', 'put the key in quotes');
    } else if (seen.has(name)) {
      complain(
        conversion,
        key,
        'duplicate_key',
        `key \`${name}\` stands twice in one map`,
        'keep one of them',
      );
    } else {
      seen.add(name);
      value[name] = child.value;
    }
  }
  return collect(value, children);
}

function convertAlias(conversion: Conversion, alias: Alias, depth: number): Converted {
  const { anchors, targets } = conversion;
  const anchor = anchors.get(alias.source);
  if (anchor === undefined) {
    return complain(
      conversion,
      alias,
      'alias',
      `alias \`*${alias.source}\` has no anchor before it`,
      'put texts that begin with `*` in quotes, or write the anchor above',
    );
  }
  targets.set(alias, anchor.node);
  conversion.aliasNodes += anchor.converted.nodes;
  if (targets.size > LIMITS.manifestAliases) {
    const message = `more than ${LIMITS.manifestAliases} aliases in one document`;
    return complain(conversion, alias, 'limit', message, 'write the values out, or use several files');
  }
  if (conversion.aliasNodes > LIMITS.manifestAliasNodes) {
    const message = `aliases expand to more than ${LIMITS.manifestAliasNodes} values`;
    return complain(conversion, alias, 'limit', message, 'write the values out, or use several files');
  }
  if (depth + anchor.converted.height > LIMITS.manifestDepth) {
    return complain(
      conversion,
      alias,
      'limit',
      `nested more than ${LIMITS.manifestDepth} levels deep`,
      'flatten it',
    );
  }
  return anchor.converted;
}

function complain(
  conversion: Conversion,
  node: Node,
  kind: PlainProblem['kind'],
  message: string,
  hint: string,
): Converted {
  conversion.problems.push({ offset: node.range?.[0] ?? 0, kind, message, hint });
  return NOTHING;
}

const NOTHING: Converted = { value: null, nodes: 1, height: 0 };

function collect(value: PlainValue, children: readonly Converted[]): Converted {
  let nodes = 1;
  let height = 0;
  for (const child of children) {
    nodes += child.nodes;
    height = Math.max(height, child.height);
  }
  return { value, nodes, height: height + 1 };
}

function isPlainScalar(value: unknown): value is string | number | boolean | null {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  );
}
