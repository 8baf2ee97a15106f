import { describe, expect, it } from 'vitest';
import { fuzzTokens } from './fuzz-tokens.ts';

describe('bent tokens', () => {
  it('are not taken, and jose agrees on those that are', { timeout: 60_000 }, async () => {
    const report = await fuzzTokens(4000, 20_260_101);
    expect(report.wrong).toEqual([]);
    // The run is worth something only while some tokens stay good and each stage refuses some.
    expect(report.accepted).toBeGreaterThan(100);
    for (const reason of ['token_malformed', 'token_algorithm', 'token_signature', 'token_key_unknown']) {
      expect(report.reasons.get(reason), reason).toBeGreaterThan(20);
    }
  });
});
