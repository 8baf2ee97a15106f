import { defineConfig } from 'vitest/config';
import { RuntimeReporter } from './test/envoy/runtime-reporter.ts';

/** For the totals that `.ci/run` prints. */
const outputFile = process.env['TEST_REPORT'];
const reports: ['json', { outputFile: string }][] =
  outputFile === undefined ? [] : [['json', { outputFile }]];

export default defineConfig({
  test: {
    reporters: ['default', new RuntimeReporter(), ...reports],
    projects: [
      { test: { name: 'tidy', include: ['test/tidy.test.ts', 'test/docs.test.ts'] } },
      // Unit tests keep no state between files, so files share a worker: a third of the time.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      {
        test: {
          name: 'service',
          include: ['test/service/**/*.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'envoy',
          include: ['test/envoy/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          // Real Envoys are waited for by the clock, so nothing else runs beside them.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
