import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { describe, expect, it } from 'vitest';
import { readDoors, readRooms } from './tidy/import-table.ts';
import { readSourceFiles, resolveImport, type SourceFile } from './tidy/source-file.ts';

const architecture = readFileSync('ARCHITECTURE.md', 'utf8');
const rooms = readRooms(architecture);
const doors = readDoors(architecture);
const files = readSourceFiles('src');

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
const MEDIAN_LINES_MAX = 120;

/** Names that a tier 0 or 1 room may not touch, and what they stand for. */
const IMPURE = /\b(?:process\.|console\.|globalThis\.|fetch\()/;
const PURE_BUILTINS: ReadonlySet<string> = new Set(['node:crypto', 'node:buffer', 'node:util']);

describe('rooms', () => {
  it('has a table with every folder of src, and nothing else', () => {
    const folders = new Set(files.map((file) => file.room));
    expect([...folders].filter((room) => !rooms.has(room))).toEqual([]);
  });

  it('names no file in ARCHITECTURE.md that is not there', () => {
    const named = [...architecture.matchAll(/`((?:src|test|docs)\/[\w./-]+)`/g)].map(
      ([, path]) => path ?? '',
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('draws every arrow downwards or sideways, never in a circle', () => {
    expect(circles(new Map([...rooms].map(([name, room]) => [name, [...room.mayImport]])))).toEqual([]);
    const upward = [...rooms.values()].flatMap((room) =>
      [...room.mayImport]
        .filter((other) => other !== 'options' && (rooms.get(other)?.tier ?? 9) > room.tier)
        .map((other) => `${room.name} -> ${other}`),
    );
    expect(upward).toEqual([]);
  });

  it('has no import that the table does not draw', () => {
    expect(files.flatMap(forbiddenArrows)).toEqual([]);
  });

  it('has no circle of files', () => {
    const graph = new Map(
      files.map((file) => [
        file.path,
        file.imports.map((specifier) => resolveImport(file, specifier)).filter((path) => path !== undefined),
      ]),
    );
    expect(circles(graph)).toEqual([]);
  });

  it('lets each outside library in by its own door', () => {
    expect(files.flatMap(wrongDoors)).toEqual([]);
  });

  it('keeps tiers 0 and 1 pure', () => {
    expect(files.filter((file) => (rooms.get(file.room)?.tier ?? 9) <= 1).flatMap(impurities)).toEqual([]);
  });

  it('reads clock and chance only in base', () => {
    const offenders = files
      .filter((file) => file.room !== 'base')
      .filter((file) => /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|\bperformance\.now\(/.test(file.text))
      .map((file) => file.path);
    expect(offenders).toEqual([]);
  });
});

describe('size and shape', () => {
  it(`has no file over ${FILE_LINES_MAX} lines`, () => {
    expect(
      files.filter((file) => file.lines > FILE_LINES_MAX).map((file) => `${file.path}: ${file.lines}`),
    ).toEqual([]);
  });

  it(`has no function over ${FUNCTION_LINES_MAX} lines`, () => {
    const long = files.flatMap((file) =>
      file.functions
        .filter((fn) => fn.lines > FUNCTION_LINES_MAX)
        .map((fn) => `${file.path}:${fn.line}: ${fn.lines} lines`),
    );
    expect(long).toEqual([]);
  });

  it(`has a median file of at most ${MEDIAN_LINES_MAX} lines`, () => {
    const sizes = files.map((file) => file.lines).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(MEDIAN_LINES_MAX);
  });

  it('has no default export and no `export *`', () => {
    expect(
      files.filter((file) => file.hasDefaultExport || /^export \*/m.test(file.text)).map((file) => file.path),
    ).toEqual([]);
  });

  it('has no file with a name that says nothing', () => {
    expect(
      files
        .filter((file) => /(^|\/)(utils?|helpers?|managers?|common|misc)(\.ts|\/)/.test(file.path))
        .map((file) => file.path),
    ).toEqual([]);
  });

  it('silences no check', () => {
    const silenced = /@ts-ignore|@ts-expect-error|@ts-nocheck|biome-ignore|\bas any\b|: any\b/;
    expect(files.filter((file) => silenced.test(file.text)).map((file) => file.path)).toEqual([]);
  });
});

function forbiddenArrows(file: SourceFile): readonly string[] {
  const row = rooms.get(file.room);
  return file.imports.flatMap((specifier) => {
    const target = resolveImport(file, specifier);
    if (target === undefined || target.startsWith(`${file.room}/`)) {
      return [];
    }
    const [room, ...rest] = target.split('/');
    const entry = rest.join('/');
    const allowed =
      entry === 'options.ts'
        ? row?.mayImport.has('options') === true || row?.mayImport.has(room ?? '') === true
        : entry === 'index.ts' && row?.mayImport.has(room ?? '') === true;
    return allowed ? [] : [`${file.path} -> ${target}`];
  });
}

function wrongDoors(file: SourceFile): readonly string[] {
  return file.imports.flatMap((specifier) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) {
      return [];
    }
    const library = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    const open = doors.get(library);
    const isOptions = file.path.endsWith('/options.ts') && open?.has('options') === true;
    return open?.has(file.room) === true || isOptions ? [] : [`${file.path} -> ${specifier}`];
  });
}

function impurities(file: SourceFile): readonly string[] {
  const builtins = file.imports.filter(
    (specifier) =>
      (specifier.startsWith('node:') || builtinModules.includes(specifier)) && !PURE_BUILTINS.has(specifier),
  );
  const code = file.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  const touches = file.room === 'base' ? null : IMPURE.exec(code);
  return [
    ...builtins.map((specifier) => `${file.path} -> ${specifier}`),
    ...(touches === null ? [] : [`${file.path}: ${touches[0]}`]),
  ];
}

/** The circles of a graph, each as the path that closes it. */
function circles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name)) {
      found.push([...trail.slice(trail.indexOf(name)), name].join(' -> '));
      return;
    }
    if (done.has(name)) {
      return;
    }
    for (const next of graph.get(name) ?? []) {
      visit(next, [...trail, name]);
    }
    done.add(name);
  };
  for (const name of graph.keys()) {
    visit(name, []);
  }
  return found;
}
