import { describe, expect, it } from 'vitest';
import { type Diagnostic, formatDiagnostic, LIMITS } from '../../../src/base/index.ts';
import { manifestFileOf, readManifests } from '../../../src/manifest/index.ts';

function read(...texts: readonly string[]) {
  return readManifests(texts.map((text, index) => ({ path: `f${index}.yaml`, text })));
}

function places(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`);
}

const OBJECT = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: a
`;

describe('readManifests', () => {
  it('reads several documents of several files and skips empty ones', () => {
    const { value, diagnostics } = read(
      `# only a comment\n---\n${OBJECT}---\n---\n${OBJECT.replace('name: a', 'name: b\n  namespace: web')}...\n`,
      '',
      `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "json"}}`,
    );
    expect(diagnostics).toEqual([]);
    expect(
      value?.map((object) => [object.file, object.line, object.kind, object.namespace, object.name]),
    ).toEqual([
      ['f0.yaml', 3, 'AuthorizationPolicy', 'default', 'a'],
      ['f0.yaml', 9, 'AuthorizationPolicy', 'web', 'b'],
      ['f2.yaml', 1, 'Service', 'default', 'json'],
    ]);
  });

  it('unfolds lists, nested ones too, and keeps the places of their items', () => {
    const list = `apiVersion: v1
kind: List
metadata: { resourceVersion: "" }
items:
  - apiVersion: v1
    kind: List
    items:
      - apiVersion: x/v1
        kind: K
        metadata: { name: inner }
        spec:
          word: here
`;
    const [object] = read(list).value ?? [];
    expect([object?.name, object?.line, object?.column]).toEqual(['inner', 8, 9]);
    expect(object?.locate(['spec', 'word'])).toEqual({ line: 12, column: 17 });
    expect(object?.locateKey(['spec', 'word'])).toEqual({ line: 12, column: 11 });
  });

  it('reports every problem of every file, in order', () => {
    const { diagnostics } = read(
      'a: [1, 2\nb: }\n',
      `${OBJECT}  nmae: x\nspec: 1\n---\nkind: K\nmetadata: { name: Bad_Name, namespace: a.b }\n`,
      'just text\n',
      'a: 1\na: 2\n',
    );
    expect(new Set(diagnostics.map(({ file }) => file))).toEqual(
      new Set(['f0.yaml', 'f1.yaml', 'f2.yaml', 'f3.yaml']),
    );
    expect(places(diagnostics).filter((place) => !place.startsWith('f0'))).toEqual([
      'f1.yaml:5:3 ERR_MANIFEST_UNKNOWN_FIELD',
      'f1.yaml:8:1 ERR_MANIFEST_SHAPE',
      'f1.yaml:9:19 ERR_MANIFEST_METADATA',
      'f1.yaml:9:40 ERR_MANIFEST_METADATA',
      'f2.yaml:1:1 ERR_MANIFEST_SHAPE',
      'f3.yaml:2:1 ERR_MANIFEST_DUPLICATE_KEY',
    ]);
    expect(diagnostics.map(formatDiagnostic)).toContain(
      'f1.yaml:5:3: error: metadata.nmae: unknown field `nmae` (hint: did you mean `name`?) [ERR_MANIFEST_UNKNOWN_FIELD]',
    );
  });

  it('tells a missing quote once, and what to do about it', () => {
    const { diagnostics } = read(
      `${OBJECT}spec:\n  when:\n    - { key: request.headers[x-a], values: [b] }\n`,
      'a: *.example.org\n',
      'a: 1\na: 2\n',
      '? [a]\n: 1\n',
    );
    expect(places(diagnostics)).toEqual([
      'f0.yaml:7:29 ERR_MANIFEST_YAML',
      'f1.yaml:1:4 ERR_MANIFEST_YAML',
      'f2.yaml:2:1 ERR_MANIFEST_DUPLICATE_KEY',
      'f3.yaml:1:3 ERR_MANIFEST_YAML',
    ]);
    expect(diagnostics.filter(({ hint }) => hint === undefined)).toEqual([]);
    expect(diagnostics[0]?.hint).toContain('in quotes');
  });

  it('refuses two objects of one name, whatever their version', () => {
    const { diagnostics } = read(
      OBJECT,
      OBJECT.replace('io/v1', 'io/v1beta1'),
      OBJECT.replace('Authorization', 'Other'),
    );
    expect(places(diagnostics)).toEqual(['f1.yaml:4:9 ERR_MANIFEST_DUPLICATE_OBJECT']);
  });

  it('keeps `__proto__` and `constructor` as names like any other', () => {
    const { value, diagnostics } = read(
      `${OBJECT}  annotations: { __proto__: x, constructor: y }\nspec: { __proto__: { polluted: true } }\n`,
    );
    expect(places(diagnostics)).toEqual(['f0.yaml:5:18 ERR_MANIFEST_METADATA']);
    expect(value).toEqual([]);
    const spec = read(`${OBJECT}  labels: { constructor: y }\nspec: { __proto__: { polluted: true } }\n`)
      .value?.[0];
    expect(spec?.labels.get('constructor')).toBe('y');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(spec?.value)).toBeNull();
    expect(JSON.stringify(spec?.value)).toContain('{"__proto__":{"polluted":true}}');
  });

  it.each([
    ['labels: { a: 1 }', 'ERR_MANIFEST_SHAPE'],
    ['labels: [a]', 'ERR_MANIFEST_SHAPE'],
    ['labels: { "a b": x }', 'ERR_MANIFEST_METADATA'],
    [`labels: { a: ${'x'.repeat(64)} }`, 'ERR_MANIFEST_METADATA'],
    ['labels: { "": x }', 'ERR_MANIFEST_METADATA'],
    ['labels: { a//b: x }', 'ERR_MANIFEST_METADATA'],
    ['creationTimestamp: yesterday', 'ERR_MANIFEST_METADATA'],
    ['namespace: -x', 'ERR_MANIFEST_METADATA'],
    [`namespace: ${'n'.repeat(64)}`, 'ERR_MANIFEST_METADATA'],
  ])('refuses the metadata %s', (line, code) => {
    expect(read(`${OBJECT}  ${line}\n`).diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  });

  it.each([
    `labels: { a: ${'x'.repeat(63)}, ex.io/b: "", c: 1.2_3-x }`,
    'creationTimestamp: "2026-01-02T03:04:05Z"',
    'creationTimestamp: null',
    `namespace: ${'n'.repeat(63)}`,
    'annotations: { a: "any text, 1" }',
    'uid: x\n  resourceVersion: "1"\n  managedFields: [{ manager: kubectl }]',
  ])('accepts the metadata %s', (line) => {
    expect(read(`${OBJECT}  ${line}\n`).diagnostics).toEqual([]);
  });
});

describe('limits of a file', () => {
  it('takes as many documents as the limit and not one more', () => {
    expect(read('---\n# x\n'.repeat(LIMITS.manifestDocuments)).diagnostics).toEqual([]);
    expect(places(read('---\n# x\n'.repeat(LIMITS.manifestDocuments + 1)).diagnostics)).toEqual([
      'f0.yaml:1:1 ERR_LIMIT_EXCEEDED',
    ]);
  });

  it('takes as many bytes as the limit and not one more', () => {
    const comment = (bytes: number) => `#${'x'.repeat(bytes - 1)}`;
    expect(read(comment(LIMITS.manifestFileBytes)).diagnostics).toEqual([]);
    expect(places(read(comment(LIMITS.manifestFileBytes + 1)).diagnostics)).toEqual([
      'f0.yaml:1:1 ERR_LIMIT_EXCEEDED',
    ]);
  });

  it('takes nesting up to the limit and not one level more', () => {
    const nested = (depth: number) => `${OBJECT}spec: ${'['.repeat(depth)}${']'.repeat(depth)}\n`;
    expect(read(nested(LIMITS.manifestDepth - 1)).diagnostics).toEqual([]);
    expect(places(read(nested(LIMITS.manifestDepth)).diagnostics)).toEqual([
      'f0.yaml:5:70 ERR_LIMIT_EXCEEDED',
    ]);
  });

  it('takes as many aliases as the limit and not one more', () => {
    const aliases = (count: number) => `${OBJECT}spec: { a: &a x, b: [${'*a, '.repeat(count)}] }\n`;
    expect(read(aliases(LIMITS.manifestAliases)).diagnostics).toEqual([]);
    expect(read(aliases(LIMITS.manifestAliases + 1)).diagnostics.map(({ code }) => code)).toEqual([
      'ERR_LIMIT_EXCEEDED',
    ]);
  });

  it('expands aliases up to the limit of values and not one more', () => {
    const expand = (nodes: number) =>
      `${OBJECT}spec: { a: &a [${Array.from({ length: nodes - 1 }, () => 'x').join(',')}], b: *a }\n`;
    expect(read(expand(LIMITS.manifestAliasNodes)).diagnostics).toEqual([]);
    expect(read(expand(LIMITS.manifestAliasNodes + 1)).diagnostics.map(({ code }) => code)).toEqual([
      'ERR_LIMIT_EXCEEDED',
    ]);
  });
});

describe('aliases', () => {
  it('stand for the value of their anchor, with the place of both', () => {
    const [object] = read(`${OBJECT}spec:\n  a: &x\n    - deep\n  b: *x\n`).value ?? [];
    expect(JSON.parse(JSON.stringify(object?.value))).toMatchObject({ spec: { a: ['deep'], b: ['deep'] } });
    expect(object?.locate(['spec', 'b'])).toEqual({ line: 8, column: 6 });
    expect(object?.locate(['spec', 'b', 0])).toEqual({ line: 7, column: 7 });
  });

  it('must come after their anchor', () => {
    expect(places(read(`${OBJECT}spec: [*a, &a x]\n`).diagnostics)).toEqual([
      'f0.yaml:5:8 ERR_MANIFEST_YAML',
    ]);
    expect(read(`${OBJECT}spec: &a [*a]\n`).diagnostics.map(({ code }) => code)).toEqual([
      'ERR_MANIFEST_YAML',
    ]);
  });

  it('make no bomb', () => {
    const bomb = Array.from({ length: 20 }, (_, index) =>
      index === 0 ? '  a0: &a0 [x, x]' : `  a${index}: &a${index} [*a${index - 1}, *a${index - 1}]`,
    ).join('\n');
    expect(read(`${OBJECT}spec:\n${bomb}\n`).diagnostics.map(({ code }) => code)).toContain(
      'ERR_LIMIT_EXCEEDED',
    );
  });
});

describe('the text itself', () => {
  it.each([
    ['tag', `${OBJECT}spec: !!binary aGk=\n`],
    ['local tag', `${OBJECT}spec: !foo x\n`],
    ['YAML 1.1', `%YAML 1.1\n---\n${OBJECT}`],
    ['infinity', `${OBJECT}spec: .inf\n`],
    ['map as key', `${OBJECT}spec: { [a]: b }\n`],
    ['tab indent', `${OBJECT}spec:\n\ta: b\n`],
  ])('is refused with a %s', (_, text) => {
    const { diagnostics } = read(text);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(['ERR_MANIFEST_YAML']));
  });

  it('reads numbers as keys and the words of YAML 1.1 as text', () => {
    const [object] = read(`${OBJECT}spec: { 8080: { mode: no }, true: 010 }\n`).value ?? [];
    expect(JSON.stringify(object?.value)).toContain('"spec":{"8080":{"mode":"no"},"true":10}');
  });

  it('is refused with control characters and with bytes that are not UTF-8', () => {
    expect(places(read(`${OBJECT}spec: "a\u0000"\n`).diagnostics)).toEqual([
      'f0.yaml:5:9 ERR_MANIFEST_ENCODING',
    ]);
    const { value, diagnostics } = manifestFileOf('x.yaml', Uint8Array.of(0x61, 0xff));
    expect([value, places(diagnostics)]).toEqual([undefined, ['x.yaml:1:1 ERR_MANIFEST_ENCODING']]);
    expect(manifestFileOf('x.yaml', Buffer.from('\ufeffä: ü')).value?.text).toBe('ä: ü');
  });
});
