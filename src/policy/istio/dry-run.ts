import type { Diagnostic } from '../../base/index.ts';
import { diagnosticAt, type ManifestObject } from '../../manifest/index.ts';

const ANNOTATION = 'istio.io/dry-run';
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export interface DryRun {
  readonly dryRun: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The dry-run annotation, which ALLOW and DENY alone may have, in the spellings that Go reads as a
 * boolean. Istio specification, section 1.10, as corrected by experiment.
 */
export function readDryRun(object: ManifestObject, mayHaveIt: boolean): DryRun {
  const value = object.annotations.get(ANNOTATION);
  if (value === undefined) {
    return { dryRun: false, diagnostics: [] };
  }
  const place = ['metadata', 'annotations', ANNOTATION];
  if (!mayHaveIt) {
    const message = `\`${ANNOTATION}\` goes with the actions ALLOW and DENY of an AuthorizationPolicy only`;
    return {
      dryRun: false,
      diagnostics: [
        diagnosticAt(object, place, {
          code: 'ERR_POLICY_DRY_RUN',
          message,
          hint: 'remove the annotation',
          atKey: true,
        }),
      ],
    };
  }
  return TRUE.has(value) || FALSE.has(value)
    ? { dryRun: TRUE.has(value), diagnostics: [] }
    : {
        dryRun: false,
        diagnostics: [
          diagnosticAt(object, place, {
            code: 'ERR_POLICY_DRY_RUN',
            message: 'value is neither true nor false',
            hint: 'write "true" or "false"',
          }),
        ],
      };
}
