import { describe, expect, it } from 'vitest';
import { ERROR_CODES, errorCodeOf, errorText, SallyportError } from '../../../src/base/index.ts';

describe('SallyportError', () => {
  it('carries code, hint, cause and details', () => {
    const cause = new Error('inner');
    const error = new SallyportError('ERR_LIMIT_EXCEEDED', 'too long', {
      hint: 'make it shorter',
      cause,
      details: { bytes: 12 },
    });
    expect(error).toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
      hint: 'make it shorter',
      details: { bytes: 12 },
    });
    expect(error.cause).toBe(cause);
    expect(errorCodeOf(error)).toBe('ERR_LIMIT_EXCEEDED');
  });

  it('calls everything foreign internal', () => {
    expect(errorCodeOf(new TypeError('x'))).toBe('ERR_INTERNAL');
    expect(errorCodeOf('x')).toBe('ERR_INTERNAL');
    expect(errorText('x')).toBe('x');
  });

  it('has a sentence for every code, in house style', () => {
    for (const [code, meaning] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^ERR_[A-Z0-9_]+$/);
      expect(meaning).not.toMatch(/\.$/);
      expect(meaning.length).toBeGreaterThan(10);
    }
  });
});
