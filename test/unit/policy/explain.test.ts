import { describe, expect, it } from 'vitest';
import { compilePolicies, explain, interestedHeaders } from '../../../src/policy/index.ts';
import { authorization, MESH, mustLoad } from './load.ts';
import { PLAIN_REQUEST, PLAIN_TARGET } from './plain-request.ts';
import { attributesOf, type VectorRequest } from './vectors.ts';

const REQUEST: VectorRequest = { ...PLAIN_REQUEST, path: '/secret', headers: { 'x-team': 'core' } };

const set = compilePolicies(
  mustLoad(
    `${authorization(`
  rules:
    - from: [{ source: { namespaces: [web], notPrincipals: [example.org/ns/web/sa/front] } }, { source: { namespaces: [shop] } }]
    - to: [{ operation: { methods: [GET], paths: [/open] } }]
      when: [{ key: "request.headers[X-Team]", values: [core] }, { key: source.ip, notValues: [10.0.0.1] }]`)}---
${authorization('{ action: DENY, rules: [{ to: [{ operation: { ports: ["1"] } }] }] }', 'd')}---
${authorization('{ action: DENY, rules: [{}] }', 'elsewhere', 'shop')}`,
  ),
  MESH,
);

describe('explain', () => {
  it('says of every condition of every policy that attaches whether it holds', () => {
    const { decision, policies } = explain(set, PLAIN_TARGET, attributesOf(REQUEST));
    expect(decision).toMatchObject({ effect: 'deny', reason: 'denied_no_rule' });
    expect(policies).toEqual([
      {
        policy: { kind: 'AuthorizationPolicy', namespace: 'web', name: 'p' },
        action: 'ALLOW',
        dryRun: false,
        dropped: [],
        rules: [
          {
            index: 0,
            holds: false,
            from: [
              [
                { field: 'from[0].source.notPrincipals', holds: false },
                { field: 'from[0].source.namespaces', holds: true },
              ],
              [{ field: 'from[1].source.namespaces', holds: false }],
            ],
            to: [],
            when: [],
          },
          {
            index: 1,
            holds: false,
            from: [],
            to: [
              [
                { field: 'to[0].operation.methods', holds: true },
                { field: 'to[0].operation.paths', holds: false },
              ],
            ],
            when: [
              { field: 'when[0].values', holds: true },
              { field: 'when[1].notValues', holds: false },
            ],
          },
        ],
      },
      {
        policy: { kind: 'AuthorizationPolicy', namespace: 'web', name: 'd' },
        action: 'DENY',
        dryRun: false,
        dropped: [],
        rules: [
          {
            index: 0,
            holds: false,
            from: [],
            to: [[{ field: 'to[0].operation.ports', holds: false }]],
            when: [],
          },
        ],
      },
    ]);
  });

  it('names the rules that a TCP connection drops', () => {
    const { policies } = explain(set, PLAIN_TARGET, attributesOf({ ...REQUEST, tcp: true }));
    expect(policies[0]?.dropped).toEqual([1]);
    expect(policies[0]?.rules.map((rule) => rule.index)).toEqual([0]);
  });

  it('repeats nothing of the request', () => {
    const text = JSON.stringify(explain(set, PLAIN_TARGET, attributesOf(REQUEST)));
    expect(text).not.toMatch(/secret|core|10\.0\.0\.1|spiffe/);
  });
});

describe('interestedHeaders', () => {
  it('are those that rules look at, in lower case', () => {
    expect([...interestedHeaders(set)]).toEqual(['x-team']);
  });
});
