import { describe, expect, it } from 'vitest';
import { readAccess, readDecision } from '../../../src/lab/log-lines.ts';

describe('readDecision', () => {
  it('reads a verdict', () => {
    const line = JSON.stringify({
      level: 'info',
      event: 'authz.decision',
      effect: 'deny',
      reason: 'denied_by_policy',
      policy: 'shop/closed',
      rule: 0,
    });
    expect(readDecision(line)).toEqual({
      effect: 'deny',
      reason: 'denied_by_policy',
      policy: 'shop/closed',
      rule: 0,
    });
  });

  it('leaves out what no policy decided', () => {
    const line = JSON.stringify({ event: 'authz.decision', effect: 'deny', reason: 'denied_no_rule' });
    expect(readDecision(line)).toMatchObject({ policy: undefined, rule: undefined });
  });

  it.each(['', 'text', '{', '[]', '{"event":"sds.pushed"}', '{"effect":"allow"}'])(
    'passes over `%s`',
    (line) => {
      expect(readDecision(line)).toBeUndefined();
    },
  );
});

describe('readAccess', () => {
  it('takes null and `-` for nothing', () => {
    const line = JSON.stringify({
      listener: 'inbound',
      status: 403,
      details: 'ext_authz_denied',
      peerUri: '-',
      peerSerial: null,
      verdict: { reason: 'denied_no_rule' },
    });
    expect(readAccess(line)).toEqual({
      status: 403,
      details: 'ext_authz_denied',
      peerUri: '',
      peerSerial: '',
      peerFailure: '',
      upstreamFailure: '',
      verdict: { reason: 'denied_no_rule' },
    });
  });

  it.each(['', '[2026-11-24 08:44:51.559][1][warning] x', '{"event":"authz.decision"}'])(
    'passes over `%s`',
    (line) => {
      expect(readAccess(line)).toBeUndefined();
    },
  );
});
