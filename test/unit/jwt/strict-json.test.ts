import { assert, constant, json, constantFrom as oneOf, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonObject } from '../../../src/jwt/strict-json.ts';
import { cpuMillis } from '../../fakes/cpu-time.ts';

const DEPTH = 32;

function read(text: string): unknown {
  const object = readJsonObject(text, DEPTH);
  return object === undefined ? undefined : Object.fromEntries(object.members);
}

describe('readJsonObject', () => {
  it('reads what JSON.parse reads', () => {
    const outcome = assert(
      property(json({ maxDepth: 5 }), (value) => {
        const text = `{"a":${value}}`;
        const expected: unknown = JSON.parse(text);
        const ours = read(text);
        // What we refuse beyond it: names that stand twice, and lone surrogates.
        return (
          JSON.stringify(ours) === JSON.stringify(expected) ||
          (ours === undefined && (!text.isWellFormed() || /\\u[dD]/.test(text)))
        );
      }),
      { numRuns: 500 },
    );
    expect(outcome).toBeUndefined();
  });

  it('reads nothing that JSON.parse refuses', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      'true',
      'null',
      '1',
      '-',
      '.',
      'e',
      ' ',
      'a',
      '\\u0041',
      '\n',
    ];
    const outcome = assert(
      property(tuple(string({ unit: oneOf(...pieces), maxLength: 30 }), constant('')), ([text]) => {
        for (const candidate of [text, `{${text}}`, `{"a":${text}}`]) {
          if (read(candidate) !== undefined) {
            expect(read(candidate)).toEqual(JSON.parse(candidate));
          }
        }
      }),
      { numRuns: 3000 },
    );
    expect(outcome).toBeUndefined();
  });

  it('gives inner objects no prototype', () => {
    const object = readJsonObject('{"o":{"__proto__":{"x":1}}}', DEPTH)?.members.get('o');
    expect(Object.getPrototypeOf(object)).toBeNull();
    expect(Object.keys(object as object)).toEqual(['__proto__']);
  });

  it.each([
    ['{"a":9007199254740991}', false],
    ['{"a":9007199254740992}', true],
    ['{"a":[{"b":-9007199254740993}]}', true],
    ['{"a":1e300}', false],
    ['{"a":9007199254740993.0}', false],
  ])('notes rounded integers: %s', (text, unsafe) => {
    expect(readJsonObject(text, DEPTH)?.hasUnsafeInteger).toBe(unsafe);
  });

  it('goes as deep as it is told', () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(readJsonObject(nested(DEPTH), DEPTH)).toBeDefined();
    expect(readJsonObject(nested(DEPTH + 1), DEPTH)).toBeUndefined();
  });

  it.each([
    ['brackets', '['.repeat(1_000_000)],
    ['a text without end', `{"a":"${'x'.repeat(1_000_000)}`],
    ['escapes without end', `{"a":"${'\\\\'.repeat(500_000)}`],
    ['white space', ' '.repeat(1_000_000)],
    ['digits', `{"a":${'1'.repeat(1_000_000)}x`],
    ['members', `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(',')}`],
  ])('is linear on a megabyte of %s', (_name, text) => {
    const millis = cpuMillis(() => expect(readJsonObject(text, DEPTH)).toBeUndefined());
    expect(millis).toBeLessThan(1000);
  });
});
