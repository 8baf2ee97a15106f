import { defineConfig } from 'vitest/config';
import { RuntimeReporter } from './test/envoy/runtime-reporter.ts';

export default defineConfig({
  test: {
    reporters: ['default', new RuntimeReporter()],
    projects: [
      { test: { name: 'tidy', include: ['test/tidy.test.ts', 'test/docs.test.ts'] } },
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { name: 'service', include: ['test/service/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'envoy',
          include: ['test/envoy/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
