import { describe, expect, it } from 'vitest';
import { checkText, SallyportError, type TextIssue, textIssue } from '../../../src/base/index.ts';

function check(parse: (text: string) => number) {
  const issues: TextIssue[] = [];
  const value = checkText(parse)('5', { addIssue: (issue) => void issues.push(issue) });
  return { value, issues };
}

describe('checkText', () => {
  it('gives what the parser gives', () => {
    expect(check(Number)).toEqual({ value: 5, issues: [] });
  });

  it('turns an error of ours into an issue with its code and hint', () => {
    const { value, issues } = check(() => {
      throw new SallyportError('ERR_DURATION', 'too long', { hint: 'shorten it' });
    });
    expect(value).toBeUndefined();
    expect(issues).toEqual([textIssue('ERR_DURATION', 'too long', 'shorten it')]);
  });

  it('lets a defect through', () => {
    expect(() =>
      check(() => {
        throw new TypeError('defect');
      }),
    ).toThrow(TypeError);
  });
});
