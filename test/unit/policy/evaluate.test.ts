import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../../src/policy/attributes.ts';
import { decide } from '../../../src/policy/evaluate.ts';
import { startEvaluation } from '../../../src/policy/evaluation.ts';
import { compilePolicies, evaluate } from '../../../src/policy/index.ts';
import { authorization, MESH, mustLoad, peerAuthentication } from './load.ts';
import { PLAIN_REQUEST, PLAIN_TARGET } from './plain-request.ts';
import { attributesOf } from './vectors.ts';

const compiled = (text: string) => compilePolicies(mustLoad(text), MESH);

describe('a request whose peer is unknown', () => {
  const { source, ...rest } = attributesOf(PLAIN_REQUEST);
  const unknown: Attributes = { ...rest, source: { ...source, principals: undefined } };

  it('is plain text to a workload that wants mutual TLS', () => {
    const strict = compiled(peerAuthentication('{ mtls: { mode: STRICT } }'));
    expect(evaluate(strict, PLAIN_TARGET, unknown)).toMatchObject({
      effect: 'deny',
      reason: 'denied_plaintext',
    });
    expect(evaluate(strict, PLAIN_TARGET, attributesOf(PLAIN_REQUEST)).reason).toBe('allowed_no_policy');
  });

  it('is judged like any other where plain text is allowed', () => {
    const anyone = compiled(authorization('{ rules: [{}] }'));
    expect(evaluate(anyone, PLAIN_TARGET, unknown)).toMatchObject({
      effect: 'allow',
      reason: 'allowed_by_policy',
    });
  });
});

describe('a verdict', () => {
  it('is a denial with its own reason when the evaluator fails', () => {
    const broken = {
      ...attributesOf(PLAIN_REQUEST),
      get transport(): 'http' {
        throw new Error('no transport today');
      },
    };
    expect(evaluate(compiled(authorization('{ rules: [{}] }')), PLAIN_TARGET, broken)).toEqual({
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
    const evaluation = startEvaluation(attributesOf(PLAIN_REQUEST));
    const verdict = decide(set.forTarget(PLAIN_TARGET), PLAIN_TARGET, evaluation, ({ action, finder }) => {
      looked.push(action);
      return finder.first(evaluation);
    });
    expect(verdict.reason).toBe('denied_by_policy');
    expect(looked).toEqual(['DENY']);
  });
});
