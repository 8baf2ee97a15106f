import { describe, expect, it } from 'vitest';
import { isDnsName } from '../../../src/ca/index.ts';

describe('isDnsName', () => {
  it.each([
    'a',
    'orders',
    'a.example.org',
    'A.Example.org',
    '*.example.org',
    '*.local',
    'x_y.example.org',
    'xn--bcher-kva.example',
    '1.example.org',
    `${'a'.repeat(63)}.org`,
    `${Array.from({ length: 126 }, () => 'a').join('.')}.b`,
  ])('takes %s', (name) => {
    expect(isDnsName(name)).toBe(true);
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '*',
    'a.*.org',
    'a*.example.org',
    '-a.org',
    'a-.org',
    'bücher.example',
    'a b.org',
    'a\0b.org',
    '10.0.0.1',
    'example.1',
    `${'a'.repeat(64)}.org`,
    `${Array.from({ length: 127 }, () => 'a').join('.')}.b`,
  ])('refuses %s', (name) => {
    expect(isDnsName(name)).toBe(false);
  });
});
