import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkShape, formatPath, readYaml, textMap } from '../../../src/manifest/index.ts';

const schema = z.strictObject({
  listen: z.strictObject({ port: z.int().min(1).max(65535), hosts: z.array(z.string()).max(2) }),
  mode: z.enum(['on', 'off']).default('on'),
  labels: textMap.optional(),
  sources: z
    .array(
      z.union([
        z.strictObject({ kind: z.literal('a'), one: z.string() }),
        z.strictObject({ two: z.number() }),
      ]),
    )
    .optional(),
  custom: z
    .string()
    .superRefine((text, context) => {
      if (text !== 'right') {
        context.addIssue({
          code: 'custom',
          message: 'not right',
          params: { code: 'ERR_MANIFEST_METADATA', hint: 'write `right`' },
        });
      }
    })
    .optional(),
});

function problems(text: string): readonly string[] {
  const document = readYaml({ path: 's.yaml', text });
  const checked = document.value === undefined ? document : checkShape(document.value, schema);
  return checked.diagnostics.map(
    ({ line, column, path, message, hint, code }) =>
      `${line}:${column} ${path}: ${message}${hint === undefined ? '' : ` (${hint})`} ${code.slice(13)}`,
  );
}

describe('checkShape', () => {
  it('gives the parsed value', () => {
    const { value } = readYaml({
      path: 's',
      text: 'listen: { port: 1, hosts: [a] }\nlabels: { __proto__: x }',
    });
    const checked = value && checkShape(value, schema);
    expect(checked?.diagnostics).toEqual([]);
    expect(checked?.value).toMatchObject({ mode: 'on', listen: { port: 1 } });
    expect(checked?.value?.labels?.get('__proto__')).toBe('x');
  });

  it('reports everything at once, in the order of the file, with path and hint', () => {
    expect(
      problems(`listen:
  prot: 80
  hosts: [a, 2]
mode: maybe
labels: { a: 1 }
custom: wrong
somethingelse: 1
`),
    ).toEqual([
      '2:3 listen.prot: unknown field `prot` (did you mean `port`?) UNKNOWN_FIELD',
      '3:14 listen.hosts[1]: expected a text, found a number (put it in quotes) SHAPE',
      '4:7 mode: expected `on` or `off` (choose one of them) SHAPE',
      '5:14 labels.a: expected a text (put it in quotes) SHAPE',
      '6:9 custom: not right (write `right`) METADATA',
      '7:1 somethingelse: unknown field `somethingelse` (known here: listen, mode, labels, sources, custom) UNKNOWN_FIELD',
    ]);
    expect(problems('listen: { port: 1.5, hosts: [a, b, c] }')).toEqual([
      '1:17 listen.port: expected a whole number, found a number (write a number, without quotes) SHAPE',
      '1:22 listen.hosts: must have at most 2 entries (take out what is too much) SHAPE',
    ]);
  });

  it('names a missing field once: itself, or the misspelled one that stands for it', () => {
    expect(problems('listen: { hosts: [] }')).toEqual([
      '1:1 listen.port: a number is required here (add `port`) SHAPE',
    ]);
    expect(problems('listen: { hosts: [], porrt: 1 }')).toEqual([
      '1:22 listen.porrt: unknown field `porrt` (did you mean `port`?) UNKNOWN_FIELD',
    ]);
    expect(problems('listen: { hosts: [], other: 1 }')).toHaveLength(2);
  });

  it.each([
    'listen: { port: [], hosts: [] }',
    'listen: { port: 1, hosts: 1 }',
    'listen: 1',
    'listen: { port: 1, hosts: [[]] }',
    'listen: { port: 1, hosts: [] }\nmode: of',
    'a: [',
    'a: "b',
    '',
    '\u0001',
  ])('has a hint for every problem of %j', (text) => {
    const document = readYaml({ path: 's.yaml', text });
    const { diagnostics } = document.value === undefined ? document : checkShape(document.value, schema);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.filter(({ hint }) => hint === undefined)).toEqual([]);
  });

  it('speaks of the branch of a union that came furthest', () => {
    expect(problems('listen: { port: 1, hosts: [] }\nsources:\n  - { kind: a, oen: x, one: 1 }\n')).toEqual([
      '3:16 sources[0].oen: unknown field `oen` (did you mean `one`?) UNKNOWN_FIELD',
      '3:29 sources[0].one: expected a text, found a number (put it in quotes) SHAPE',
    ]);
    expect(problems('listen: { port: 1, hosts: [] }\nsources: [x]\n')).toEqual([
      '2:11 sources[0]: none of the forms that are allowed here (compare it with the files in `examples/` and with docs/config.md) SHAPE',
    ]);
  });

  it('finds a field named `__proto__` unknown', () => {
    expect(problems('listen: { port: 1, hosts: [] }\n__proto__: { mode: off }\n')).toEqual([
      '2:1 __proto__: unknown field `__proto__` (known here: listen, mode, labels, sources, custom) UNKNOWN_FIELD',
    ]);
  });
});

describe('readYaml', () => {
  it('wants exactly one document', () => {
    expect(problems('# nothing\n')).toEqual([
      '1:1 : file is empty (write the settings into it; `examples/minimal` has some) EMPTY',
    ]);
    expect(problems('a: 1\n---\nb: 2\n')).toEqual([
      '3:1 : a second document where one is expected (remove it, or the `---` above it) SHAPE',
    ]);
  });
});

describe('formatPath', () => {
  it.each([
    [['spec', 'rules', 0, 'from', 1, 'source', 'ipBlocks', 2], 'spec.rules[0].from[1].source.ipBlocks[2]'],
    [['metadata', 'labels', 'a/b'], 'metadata.labels["a/b"]'],
    [[], ''],
  ])('writes %j as %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
  });
});
