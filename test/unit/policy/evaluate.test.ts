import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../../src/policy/attributes.ts';
import { decide } from '../../../src/policy/evaluate.ts';
import { startEvaluation } from '../../../src/policy/evaluation.ts';
import { compilePolicies, evaluate, type Target } from '../../../src/policy/index.ts';
import { authorization, MESH, mustLoad, peerAuthentication } from './load.ts';
import { attributesOf, type VectorRequest } from './vectors.ts';

const TARGET: Target = {
  namespace: 'web',
  kind: 'sidecar',
  labels: new Map(),
  gatewayName: undefined,
  services: [],
};

const REQUEST: VectorRequest = {
  tcp: false,
  principals: ['spiffe://example.org/ns/web/sa/front'],
  sourceAddress: '10.0.0.1',
  remoteAddress: '10.0.0.1',
  destinationAddress: '10.0.0.9',
  destinationPort: 8080,
  sni: '',
  method: 'GET',
  host: 'orders',
  path: '/',
  headers: {},
  joinedHeaders: false,
  claims: null,
  metadata: {},
};

const compiled = (text: string) => compilePolicies(mustLoad(text), MESH);

describe('a request whose peer is unknown', () => {
  const { source, ...rest } = attributesOf(REQUEST);
  const unknown: Attributes = { ...rest, source: { ...source, principals: undefined } };

  it('is plain text to a workload that wants mutual TLS', () => {
    const strict = compiled(peerAuthentication('{ mtls: { mode: STRICT } }'));
    expect(evaluate(strict, TARGET, unknown)).toMatchObject({ effect: 'deny', reason: 'denied_plaintext' });
    expect(evaluate(strict, TARGET, attributesOf(REQUEST)).reason).toBe('allowed_no_policy');
  });

  it('is judged like any other where plain text is allowed', () => {
    const anyone = compiled(authorization('{ rules: [{}] }'));
    expect(evaluate(anyone, TARGET, unknown)).toMatchObject({ effect: 'allow', reason: 'allowed_by_policy' });
  });
});

describe('a verdict', () => {
  it('is a denial with its own reason when the evaluator fails', () => {
    const broken = {
      ...attributesOf(REQUEST),
      get transport(): 'http' {
        throw new Error('no transport today');
      },
    };
    expect(evaluate(compiled(authorization('{ rules: [{}] }')), TARGET, broken)).toEqual({
      effect: 'deny',
      reason: 'evaluation_failed',
      policy: undefined,
      rule: undefined,
      shadow: [],
    });
  });

  it('looks at no rule of ALLOW once one of DENY holds', () => {
    const set = compiled(
      [authorization('{ rules: [{}] }'), authorization('{ action: DENY, rules: [{}] }', 'd')].join('---\n'),
    );
    const looked: string[] = [];
    const evaluation = startEvaluation(attributesOf(REQUEST));
    const verdict = decide(set.forTarget(TARGET), TARGET, evaluation, ({ action, finder }) => {
      looked.push(action);
      return finder.first(evaluation);
    });
    expect(verdict.reason).toBe('denied_by_policy');
    expect(looked).toEqual(['DENY']);
  });
});
