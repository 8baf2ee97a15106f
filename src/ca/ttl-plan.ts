import { TTL_RATIO } from './rotation.ts';

export interface TtlPlan {
  readonly rootTtlSeconds: number;
  readonly caTtlSeconds: number;
  /** The default and those of the entries, each with the name that a person knows it by. */
  readonly svidTtls: readonly { readonly name: string; readonly seconds: number }[];
}

export interface TtlPlanProblem {
  readonly setting: 'rootTtl' | 'caTtl';
  readonly message: string;
  readonly hint: string;
}

/**
 * What a plan promises and cannot keep. An issuer is replaced in the last sixth of its life, so a TTL is
 * certain only up to a sixth of its issuer's; a longer one would now and then be cut short.
 */
export function ttlPlanProblems(plan: TtlPlan): readonly TtlPlanProblem[] {
  const longest = plan.svidTtls.reduce((a, b) => (b.seconds > a.seconds ? b : a), { name: '', seconds: 0 });
  const caTtlMin = longest.seconds * TTL_RATIO;
  const problems: TtlPlanProblem[] = [];
  if (plan.caTtlSeconds < caTtlMin) {
    problems.push({
      setting: 'caTtl',
      message: `a TTL of ${text(longest.seconds)} (\`${longest.name}\`) cannot be honoured, the intermediate lives too short for it`,
      hint: `the smallest \`caTtl\` that works is ${text(caTtlMin)}`,
    });
  }
  const rootTtlMin = Math.max(plan.caTtlSeconds, caTtlMin) * TTL_RATIO;
  if (plan.rootTtlSeconds < rootTtlMin) {
    problems.push({
      setting: 'rootTtl',
      message: 'an intermediate cannot have its whole `caTtl`, the root lives too short for it',
      hint: `the smallest \`rootTtl\` that works is ${text(rootTtlMin)}`,
    });
  }
  return problems;
}

/** The form in which settings are written: `36h`, `1m30s`. */
function text(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'm'],
    [whole % 60, 's'],
  ] as const;
  return parts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('') || '0s';
}
