#!/usr/bin/env bash
# Sums the tests in vitest's JSON reports; the last line of a run.
set -euo pipefail
node -e '
  const { readFileSync } = require("node:fs");
  const sums = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
  for (const file of process.argv.slice(1)) {
    try {
      const report = JSON.parse(readFileSync(file, "utf8"));
      for (const name of Object.keys(sums)) sums[name] += report[name];
    } catch {}
  }
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = sums;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
' "$@"
