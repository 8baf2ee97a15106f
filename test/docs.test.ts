import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeDocs } from '../scripts/docs.ts';
import { ERROR_CODES } from '../src/base/index.ts';
import { describeSettings } from '../src/config/index.ts';
import { readSourceFiles } from './tidy/source-file.ts';

const TABLE = 'base/error-codes.ts';

/** Every whole code that stands in the code of `src`, comments left out, with the files it stands in. */
function usedCodes(): ReadonlyMap<string, readonly string[]> {
  const used = new Map<string, string[]>();
  for (const { path, text } of readSourceFiles('src')) {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
    for (const [name] of path === TABLE ? [] : code.matchAll(/\bERR_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g)) {
      used.set(name, [...(used.get(name) ?? []), path]);
    }
  }
  return used;
}

describe('made documents', () => {
  it.each([...makeDocs()])('%s is up to date (otherwise: npm run docs)', (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('error codes', () => {
  const used = usedCodes();

  it('are all in the table', () => {
    const unknown = [...used].filter(([code]) => !Object.hasOwn(ERROR_CODES, code));
    expect(unknown.map(([code, paths]) => `${code} in ${paths.join(', ')}`)).toEqual([]);
  });

  it('are all used', () => {
    expect(Object.keys(ERROR_CODES).filter((code) => !used.has(code))).toEqual([]);
  });

  it('each have one sentence, in lower case and without a full stop', () => {
    const odd = Object.entries(ERROR_CODES).filter(
      ([, meaning]) => meaning.length < 10 || meaning.endsWith('.') || /^[A-Z][a-z]/.test(meaning),
    );
    expect(odd).toEqual([]);
  });
});

describe('settings', () => {
  it('each have a description, in lower case and without a full stop', () => {
    const odd = describeSettings().filter(
      ({ description }) =>
        description.length < 10 || description.endsWith('.') || /^[A-Z][a-z]/.test(description),
    );
    expect(odd.map(({ path, description }) => `${path}: ${description}`)).toEqual([]);
  });
});
