import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode, SallyportError } from '../../../src/base/index.ts';
import { statusOf } from '../../../src/grpc/index.ts';

/** What the Workload API standard wants a client to give up on: asking again changes nothing. */
const FINAL: readonly ErrorCode[] = [
  'ERR_WORKLOAD_API_HEADER',
  'ERR_WORKLOAD_API_AUDIENCE',
  'ERR_WORKLOAD_API_SPIFFE_ID',
  'ERR_ISSUER_JWT_SVID',
];

describe('statusOf', () => {
  it.each(FINAL)('says INVALID_ARGUMENT for %s', (code) => {
    expect(statusOf(new SallyportError(code, 'x')).code).toBe(status.INVALID_ARGUMENT);
  });

  const others = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => !FINAL.includes(code));
  it.each(others)('gives %s a status clients come back from', (code) => {
    const answer = statusOf(new SallyportError(code, 'secret inside', { hint: 'secret hint' }));
    expect([status.CANCELLED, status.INVALID_ARGUMENT, status.OK]).not.toContain(answer.code);
    expect(answer.details).not.toMatch(/secret|\/|`/);
  });

  it.each<[ErrorCode, status]>([
    ['ERR_LIMIT_EXCEEDED', status.RESOURCE_EXHAUSTED],
    ['ERR_SDS_NO_IDENTITY', status.PERMISSION_DENIED],
    ['ERR_SDS_NOT_READY', status.UNAVAILABLE],
    ['ERR_WORKLOAD_API_NO_IDENTITY', status.PERMISSION_DENIED],
    ['ERR_WORKLOAD_API_NOT_READY', status.UNAVAILABLE],
    ['ERR_GRPC_CALLER_UNKNOWN', status.UNAUTHENTICATED],
    ['ERR_INTERNAL', status.INTERNAL],
  ])('says %s as %i', (code, expected) => {
    expect(statusOf(new SallyportError(code, 'x')).code).toBe(expected);
  });

  it('tells nothing of an error that is not ours', () => {
    expect(statusOf(new Error('the key is 123'))).toEqual({
      code: status.INTERNAL,
      details: 'internal error',
    });
  });
});
