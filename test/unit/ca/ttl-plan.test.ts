import { describe, expect, it } from 'vitest';
import { ttlPlanProblems } from '../../../src/ca/index.ts';
import { caOptions } from '../../../src/ca/options.ts';

const HOUR = 3600;
const YEAR = 365 * 24 * HOUR;

describe('ttlPlanProblems', () => {
  const plan = (caTtlSeconds: number, ...ttls: readonly number[]) =>
    ttlPlanProblems({
      rootTtlSeconds: 10 * YEAR,
      caTtlSeconds,
      svidTtls: ttls.map((seconds, index) => ({ name: `entry-${index}`, seconds })),
    });

  it('finds nothing up to a sixth', () => {
    expect(plan(24 * HOUR, 4 * HOUR, 10)).toEqual([]);
    expect(plan(24 * HOUR)).toEqual([]);
  });

  it('names the longest TTL and the smallest CA TTL that works', () => {
    const [problem, ...others] = plan(24 * HOUR, HOUR, 4 * HOUR + 90);
    expect(others).toEqual([]);
    expect(problem?.setting).toBe('caTtl');
    expect(problem?.message).toContain('`entry-1`');
    expect(problem?.hint).toContain('24h9m');
    expect(plan(24 * HOUR + 540, 4 * HOUR + 90)).toEqual([]);
  });

  it('names the smallest root TTL that works', () => {
    const problems = ttlPlanProblems({ rootTtlSeconds: 100 * HOUR, caTtlSeconds: 24 * HOUR, svidTtls: [] });
    expect(problems.map((problem) => problem.setting)).toEqual(['rootTtl']);
    expect(problems[0]?.hint).toContain('144h');
  });

  it('is part of the settings', () => {
    expect(caOptions.safeParse({}).success).toBe(true);
    expect(caOptions.safeParse({ caTtl: '1m', svidTtl: '10s' }).success).toBe(true);
    expect(caOptions.safeParse({ caTtl: '1m', svidTtl: '11s' }).success).toBe(false);
    expect(caOptions.safeParse({ rootTtl: '5h', caTtl: '1h', svidTtl: '1m' }).success).toBe(false);
  });
});
