import type { Diagnostic } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import { importKeySet } from '../jwt/index.ts';
import { checkKeySource } from '../keys/index.ts';
import { diagnosticAt, type ManifestObject } from '../manifest/index.ts';
import type { PolicyObjects } from '../policy/index.ts';

/**
 * Rules none of whose tokens would ever pass: the settings do not let Sallyport fetch their keys, or no key that stands
 * in the policy can verify anything.
 */
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
      if (rule.keys.kind === 'inline') {
        return object === undefined ? [] : checkInlineKeys(object, index, rule.keys.jwks, keys.rsaBitsMin);
      }
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

function checkInlineKeys(
  object: ManifestObject,
  index: number,
  jwks: string,
  rsaBitsMin: number,
): readonly Diagnostic[] {
  const imported = importKeySet(jwks, { allowSymmetric: true, rsaBitsMin });
  return imported.ok
    ? []
    : [
        diagnosticAt(object, ['spec', 'jwtRules', index, 'jwks'], {
          code: imported.error.code,
          severity: 'warning',
          message: `tokens of this rule do not pass: ${imported.error.message}`,
          hint: `left out are keys that are malformed, not for signatures (\`use\`, \`key_ops\`), of an unknown curve, or RSA below ${rsaBitsMin} bits`,
        }),
      ];
}
