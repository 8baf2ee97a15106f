import type { Found } from './found.ts';
import { foreignGoProgram } from './go.ts';

/** The linter of certificates that public CAs use. */
export function zlint(): Promise<Found> {
  return foreignGoProgram('github.com/zmap/zlint/v3/cmd/zlint', 'v3.7.3');
}
