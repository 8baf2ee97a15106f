import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished as atEndOfTest } from 'vitest';

/** A folder of the running test alone, gone when it ends; tests that run side by side hand in their own `atEnd`. */
export function tempFolder(atEnd: (run: () => void) => void = atEndOfTest): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
