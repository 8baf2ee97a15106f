import { describe, expect, it } from 'vitest';
import type { MetadataValue } from '../../../../src/policy/attributes.ts';
import { metadataMatcher } from '../../../../src/policy/match/metadata.ts';
import { parseTextPattern } from '../../../../src/policy/match/text-pattern.ts';

const whole = { inList: false, pattern: parseTextPattern('x') };
const inList = { inList: true, pattern: parseTextPattern('x') };

describe('a member of metadata', () => {
  it.each<[MetadataValue, boolean, boolean]>([
    [{ k: 'x' }, true, false],
    [{ k: 'y' }, false, false],
    [{ k: ['y', 'x'] }, false, true],
    [{ k: [1, null] }, false, false],
    [{ k: { x: 'x' } }, false, false],
    [{ k: 1 }, false, false],
    [{ other: 'x' }, false, false],
  ])('of %j is the text: %s, has it in its list: %s', (metadata, isText, isInList) => {
    expect(metadataMatcher('k', [whole])(metadata)).toBe(isText);
    expect(metadataMatcher('k', [inList])(metadata)).toBe(isInList);
    expect(metadataMatcher('k', [whole, inList])(metadata)).toBe(isText || isInList);
  });

  it.each<[string, MetadataValue]>([
    ['a list', ['x']],
    ['a text', 'x'],
    ['null', null],
    ['a number', 1],
    ['an object that only inherits it', Object.create({ 0: 'x' })],
  ])('is not that of %s', (_, metadata) => {
    expect(metadataMatcher('0', [whole, inList])(metadata)).toBe(false);
  });
});
