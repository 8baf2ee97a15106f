import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CheckRequest, readCheckRequest } from '../../../src/proto/index.ts';

const VECTORS = join(import.meta.dirname, '../../vectors/check');

function recorded(name: string): CheckRequest {
  const hex = readFileSync(join(VECTORS, `${name}.hex`), 'utf8').replace(/\s/g, '');
  const reading = readCheckRequest(Buffer.from(hex, 'hex'));
  if (reading.kind === 'malformed') {
    throw new Error(`${name}: ${reading.fault}`);
  }
  return reading.request;
}

describe.each(['1.36', '1.40'])('what Envoy %s sends', (version) => {
  test.each(['map', 'lines'] as const)('for HTTP, headers as %s', (encoding) => {
    const { http, source, destination, serverName } = recorded(`envoy-${version}-${encoding}`);
    expect(http).toMatchObject({ method: 'GET', path: '/shop?x=%2F', host: 'orders.shop', scheme: 'http' });
    expect(source?.address?.address).toBe('127.0.0.1');
    expect(destination?.address?.port).toBeGreaterThan(0);
    expect([source?.principal, destination?.principal, serverName]).toEqual(['', '', '']);
    expect(http?.headers.encoding).toBe(encoding);
    expect(http?.headers.lines(':path')).toEqual(['/shop?x=%2F']);
    expect(http?.headers.lines('x-odd')).toEqual(['a! ok']);
    const [roles, cookies] = ['x-role', 'cookie'].map((name) => http?.headers.lines(name));
    expect(roles).toEqual(encoding === 'map' ? ['user,admin'] : ['user', 'admin']);
    expect(cookies).toEqual(encoding === 'map' ? ['a=1,b=2'] : ['a=1', 'b=2']);
  });

  test('for a TCP connection', () => {
    const { http, source, destination, contextExtensions } = recorded(`envoy-${version}-tcp`);
    expect(http).toBeUndefined();
    expect(source?.address?.address).toBe('127.0.0.1');
    expect(destination?.address?.address).toBe('127.0.0.1');
    expect(contextExtensions.size).toBe(0);
  });
});
