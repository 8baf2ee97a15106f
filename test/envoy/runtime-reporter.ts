import type { Reporter, TestModule } from 'vitest/node';

declare module 'vitest' {
  interface TaskMeta {
    /** Where a suite with real Envoys ran, for the summary. */
    labRuntime?: string;
  }
}

/** Adds to the summary where the suites with real Envoys ran, and why whatever was left out was left out. */
export class RuntimeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const runtimes = new Set<string>();
    const skipped: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { labRuntime } = test.meta();
        const result = test.result();
        if (labRuntime !== undefined) {
          runtimes.add(`${module.relativeModuleId}: ${labRuntime}`);
        }
        if (result.state === 'skipped') {
          skipped.push(`${module.relativeModuleId}: ${test.fullName}: ${result.note ?? 'no reason given'}`);
        }
      }
    }
    const lines = [
      ...[...runtimes].map((runtime) => ` Real Envoys  ${runtime}`),
      ...skipped.map((test) => ` Left out  ${test}`),
    ];
    if (lines.length > 0) {
      process.stdout.write(`${lines.join('\n')}\n\n`);
    }
  }
}
