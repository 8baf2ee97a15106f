import type { Diagnostic } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import { checkKeySource } from '../keys/index.ts';
import { diagnosticAt, type ManifestObject } from '../manifest/index.ts';
import type { PolicyObjects } from '../policy/index.ts';

/** Rules whose keys the settings do not let Sallyport fetch, so that no token of theirs would ever pass. */
export function checkTokenKeys(
  objects: readonly ManifestObject[],
  { requestAuthentication }: PolicyObjects,
  { keys }: Settings,
): readonly Diagnostic[] {
  const byName = new Map(
    objects
      .filter(({ kind }) => kind === 'RequestAuthentication')
      .map((object) => [`${object.namespace}/${object.name}`, object]),
  );
  return requestAuthentication.flatMap(({ ref, rules }) => {
    const object = byName.get(`${ref.namespace}/${ref.name}`);
    return rules.flatMap((rule, index) => {
      const problem = checkKeySource(rule.keys, keys);
      const field = rule.keys.kind === 'uri' ? 'jwksUri' : 'issuer';
      return object === undefined || problem === undefined
        ? []
        : [
            diagnosticAt(object, ['spec', 'jwtRules', index, field], {
              code: problem.code,
              severity: 'warning',
              message: `the keys of this rule are not fetched, so its tokens do not pass: ${problem.message}`,
              ...(problem.hint === undefined ? {} : { hint: problem.hint }),
            }),
          ];
    });
  });
}
