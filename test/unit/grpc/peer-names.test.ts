import { describe, expect, it } from 'vitest';
import { urisOfAltNames } from '../../../src/grpc/peer-names.ts';

describe('urisOfAltNames', () => {
  it.each<[string, string | undefined, readonly string[] | undefined]>([
    ['no extension', undefined, []],
    ['one URI', 'URI:spiffe://example.org/a', ['spiffe://example.org/a']],
    ['a URI among others', 'DNS:a.b, URI:spiffe://e/a, IP Address:10.0.0.1', ['spiffe://e/a']],
    ['two URIs', 'URI:spiffe://e/a, URI:spiffe://e/b', ['spiffe://e/a', 'spiffe://e/b']],
    ['a DNS name that pretends to be two', 'DNS:"x, URI:spiffe://e/a"', []],
    ['a quoted URI', 'URI:"spiffe://e/a, URI:spiffe://e/b"', ['spiffe://e/a, URI:spiffe://e/b']],
    ['a quoted quote', 'URI:"a\\"b", URI:c', ['a"b', 'c']],
    ['an empty URI', 'URI:', ['']],
    ['a directory name', 'DirName:"O=x", URI:c', ['c']],
    ['an open quote', 'URI:"spiffe://e/a', undefined],
    ['a stray quote', 'URI:a"b', undefined],
    ['text without a type', 'spiffe', undefined],
    ['a broken escape', 'URI:"\\x"', undefined],
  ])('reads %s', (_, text, uris) => {
    expect(urisOfAltNames(text)).toEqual(uris);
  });
});
