import { describe, expect, it } from 'vitest';
import type { Answer } from '../../parity/answer.ts';
import type { ParityRequest } from '../../parity/case.ts';
import type { PairResult } from '../../parity/chunk.ts';
import { judgePair } from '../../parity/judge-pair.ts';
import { MESHES } from '../../parity/mesh.ts';

const ALLOW: Answer = {
  status: 200,
  body: '',
  headers: {},
  upstream: { method: 'GET', target: '/', headers: [] },
};
const DENY: Answer = { status: 403, body: 'RBAC: access denied', headers: {}, upstream: undefined };
const UNAUTHORIZED: Answer = { ...DENY, status: 401, body: 'Jwt is expired' };
const CHANGED: Answer = { ...ALLOW, upstream: { method: 'GET', target: '/', headers: [['x-sub', 'bob']] } };

const REQUEST: ParityRequest = {
  tls: undefined,
  from: '127.0.0.1',
  to: '127.0.0.1',
  port: 'PORT_A',
  method: 'GET',
  target: '/',
  host: 'a',
  headers: [],
  tokens: [],
  metadata: undefined,
};
const STRANGER: ParityRequest = { ...REQUEST, tls: { certificate: 'foreign', serverName: undefined } };

function kindOf(
  istio: Answer,
  ours: Answer,
  request = REQUEST,
  others: Partial<PairResult['answers']> = {},
  withoutOddTokens?: Answer,
) {
  const [mesh] = MESHES;
  if (mesh === undefined) {
    throw new Error('no mesh');
  }
  return judgePair({
    set: { index: 0, mesh, policies: [], requests: [request] },
    request,
    transport: 'http',
    answers: { istio, lowered: istio, sallyport: ours, bare: ours, ...others },
    withoutOddTokens,
  }).kind;
}

describe('the answers to one request', () => {
  it.each([
    ['the same', ALLOW, ALLOW, REQUEST, 'same'],
    ['allowed against Istio', DENY, ALLOW, REQUEST, 'wrong'],
    ['allowed against Istio, though a row was to be shown', DENY, ALLOW, STRANGER, 'wrong'],
    ['denied against Istio', ALLOW, DENY, REQUEST, 'wrong'],
    ['denied against Istio by a row', ALLOW, DENY, STRANGER, 'diverges'],
    ['denied in other words', DENY, UNAUTHORIZED, REQUEST, 'wrong'],
    ['another request for the workload', ALLOW, CHANGED, REQUEST, 'wrong'],
    ['another request for the workload, though a row was to be shown', ALLOW, CHANGED, STRANGER, 'wrong'],
  ] as const)('%s', (_, istio, ours, request, kind) => {
    expect(kindOf(istio, ours, request)).toBe(kind);
  });

  it('are wrong when our own filters answer otherwise, whatever a row says', () => {
    expect(kindOf(ALLOW, DENY, STRANGER, { lowered: DENY })).toBe('wrong');
  });

  it('may be an allow where Istio allows without the token that a row lets us refuse', () => {
    expect(kindOf(DENY, ALLOW, STRANGER, {}, ALLOW)).toBe('diverges');
    expect(kindOf(DENY, ALLOW, STRANGER, {}, DENY)).toBe('wrong');
    expect(kindOf(DENY, ALLOW, REQUEST, {}, ALLOW)).toBe('wrong');
  });

  it('may be a denial where a bare ext_authz asks, and no allow of its own', () => {
    expect(kindOf(ALLOW, ALLOW, REQUEST, { bare: DENY })).toBe('same');
    expect(kindOf(DENY, DENY, REQUEST, { bare: ALLOW })).toBe('wrong');
  });
});
