import {
  type Attributes,
  type CustomHit,
  customProviders,
  findCustom,
  type Target,
} from '../policy/index.ts';
import type { CheckHttp, CheckRequest, StructObject } from '../proto/index.ts';
import { type Changes, NO_CHANGES } from './changes.ts';
import type {
  Provider,
  ProviderAnswer,
  ProviderAnswers,
  ProviderFailure,
  ProviderQuestion,
} from './provider.ts';
import { changesByProvider } from './provider-changes.ts';
import { questionFor } from './provider-question.ts';
import type { AuthzReason } from './reason.ts';
import type { Snapshot } from './snapshot.ts';
import { type Denial, refusal, type Verdict } from './verdict.ts';

export type CustomReading =
  /** Every provider that had to be asked allows, or may be done without. */
  | (Passed & { readonly kind: 'pass' })
  | { readonly kind: 'ask'; readonly question: ProviderQuestion }
  | { readonly kind: 'denied'; readonly verdict: Verdict };

export interface Passed {
  readonly changes: Changes;
  /** Who was asked and what came of it: `opa allowed`. */
  readonly asked: readonly string[];
  readonly metadata: StructObject;
}

export interface CustomInput {
  readonly bytes: Uint8Array;
  readonly request: CheckRequest;
  readonly target: Target;
  readonly snapshot: Snapshot;
  readonly answers: ProviderAnswers;
  /** As those who were asked leave the request. */
  attributesAfter(passed: Passed): Attributes;
}

/**
 * The CUSTOM policies of a request's workload, before its tokens are looked at: providers are asked one after
 * the other, by name, and each sees what those before made of the request. Istio specification, section 4.2.
 */
export function judgeCustom(input: CustomInput): CustomReading {
  const { snapshot, target, request, answers } = input;
  const { http } = request;
  let passed = NOBODY_ASKED;
  for (const name of customProviders(snapshot.policies, target, http === undefined ? 'tcp' : 'http')) {
    const hit = findCustom(snapshot.policies, target, input.attributesAfter(passed), name);
    if (hit.kind === 'pass') {
      continue;
    }
    const step: Step = { passed, name, hit };
    const provider = snapshot.providers.get(name);
    if (hit.kind === 'failed') {
      return denied(step, { reason: 'evaluation_failed', outcome: 'failed' });
    }
    if (provider === undefined || (provider.protocol === 'http' && http === undefined)) {
      return denied(step, { reason: 'provider_unknown', outcome: 'unknown' });
    }
    const answer = answers.get(name);
    if (answer === undefined) {
      const reading = questionFor(provider, input.bytes, http, passed.changes);
      return reading.kind === 'question'
        ? { kind: 'ask', question: reading.question }
        : denied(step, {
            reason: reading.reason,
            outcome: 'not_asked',
            denial: { httpStatus: reading.httpStatus },
          });
    }
    const next = heard(step, provider, answer, http);
    if (next.kind !== 'pass') {
      return next;
    }
    passed = next;
  }
  return { kind: 'pass', ...passed };
}

const NOBODY_ASKED: Passed = { changes: NO_CHANGES, asked: [], metadata: Object.create(null) };

interface Step {
  readonly passed: Passed;
  readonly name: string;
  readonly hit: CustomHit;
}

function heard(
  step: Step,
  { name, failOpen, statusOnError }: Provider,
  answer: ProviderAnswer,
  http: CheckHttp | undefined,
): CustomReading {
  const { passed } = step;
  switch (answer.kind) {
    case 'allow':
      return {
        kind: 'pass',
        changes:
          http === undefined ? passed.changes : changesByProvider(http, passed.changes, answer.mutations),
        asked: [...passed.asked, `${name} allowed`],
        metadata: merged(passed.metadata, answer.metadata),
      };
    case 'deny': {
      const { metadata, ...denial } = answer;
      return denied(step, { reason: 'denied_by_custom', outcome: 'denied', denial, metadata });
    }
    case 'failed': {
      const { failure, cause, httpStatus = statusOnError } = answer;
      return failOpen && MAY_FAIL_OPEN[failure]
        ? { kind: 'pass', ...passed, asked: [...passed.asked, `${name} failed_open ${failure}`] }
        : denied(step, {
            reason: 'provider_failed',
            outcome: `failed ${failure}`,
            denial: { httpStatus },
            cause,
          });
    }
  }
}

const MAY_FAIL_OPEN: Readonly<Record<ProviderFailure, boolean>> = {
  unreachable: true,
  timeout: true,
  status: true,
  busy: true,
  reply: false,
  question: false,
};

interface Refusal {
  readonly reason: AuthzReason;
  readonly outcome: string;
  readonly denial?: Partial<Denial>;
  readonly metadata?: StructObject;
  readonly cause?: unknown;
}

function denied({ passed, name, hit }: Step, refused: Refusal): CustomReading {
  const { policy, rule } = hit.kind === 'ask' ? hit : { policy: undefined, rule: undefined };
  const { httpStatus = 403, headers = [], body = '' } = refused.denial ?? {};
  const verdict = {
    ...refusal(refused.reason, refused.cause),
    policy,
    rule,
    denial: { httpStatus, headers, body },
    asked: [...passed.asked, `${name} ${refused.outcome}`],
    metadata: merged(passed.metadata, refused.metadata ?? {}),
  };
  return { kind: 'denied', verdict };
}

/** Without a prototype: `__proto__` is a name like any other. */
function merged(first: StructObject, second: StructObject): StructObject {
  return Object.assign(Object.create(null), first, second);
}
