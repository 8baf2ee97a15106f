import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/grpc/index.ts';
import { selectorsOf } from '../../../src/workload/index.ts';

const CALLER: Caller = {
  connectionId: 'conn:1',
  listener: 'orders',
  transport: 'unix',
  peerUris: [],
  process: undefined,
};

describe('selectorsOf', () => {
  it.each<[string, Partial<Caller>, readonly string[]]>([
    ['a Unix socket stands for its listener', {}, ['sallyport:socket:orders']],
    ['plain TCP proves nothing', { transport: 'tcp' }, []],
    [
      'names of a certificate count on mutual TLS alone',
      { transport: 'tcp', peerUris: ['spiffe://example.org/a'] },
      [],
    ],
    [
      'the name of a client certificate',
      { transport: 'mtls', peerUris: ['spiffe://example.org/a'] },
      ['sallyport:mtls:spiffe://example.org/a'],
    ],
    [
      'several names: unclear which is meant',
      { transport: 'mtls', peerUris: ['spiffe://example.org/a', 'spiffe://example.org/b'] },
      [],
    ],
    ['no name', { transport: 'mtls' }, []],
    ['a name that is no SPIFFE ID', { transport: 'mtls', peerUris: ['https://example.org/a'] }, []],
    ['the ID of a trust domain', { transport: 'mtls', peerUris: ['spiffe://example.org'] }, []],
  ])('%s', (_, caller, selectors) => {
    expect(selectorsOf({ ...CALLER, ...caller })).toEqual(selectors);
  });
});
