import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Lesson {
  readonly lesson: string;
  /** Where others learned it. */
  readonly seenIn: string;
  readonly cases: readonly { readonly file: string; readonly names: readonly string[] }[];
}

const path = 'test/vectors/security/lessons.json';
const lessons = JSON.parse(readFileSync(path, 'utf8')) as readonly Lesson[];

/** The lessons of others, and the cases that show that they were learned here: none of them may go missing. */
describe('lessons.json', () => {
  it.each(lessons)('$lesson', ({ cases }) => {
    const missing = cases.flatMap(({ file, names }) => {
      const text = readFileSync(file, 'utf8');
      return names.filter((name) => !text.includes(name)).map((name) => `${file}: ${name}`);
    });
    expect(missing).toEqual([]);
    expect(cases.flatMap(({ names }) => names).length).toBeGreaterThan(0);
  });

  it('has no lesson twice', () => {
    expect(new Set(lessons.map(({ lesson }) => lesson)).size).toBe(lessons.length);
  });
});
