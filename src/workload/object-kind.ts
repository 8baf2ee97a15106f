import type { Diagnostic } from '../base/index.ts';
import { apiGroupOf, diagnosticAt, type ManifestObject, nearestWord } from '../manifest/index.ts';

/** An object that is read here, in the versions that are the same. */
export interface KnownKind {
  readonly group: string;
  readonly versions: readonly string[];
  readonly kind: string;
}

/** Empty when `object` is one of `known`; otherwise what is wrong with it. Nothing is skipped silently. */
export function checkKind(object: ManifestObject, known: readonly KnownKind[]): readonly Diagnostic[] {
  const group = apiGroupOf(object);
  const version = object.apiVersion.slice(object.apiVersion.indexOf('/') + 1);
  const sameKind = known.find((candidate) => candidate.kind === object.kind);
  if (sameKind === undefined) {
    const kinds = known.map(({ kind }) => kind);
    const near = nearestWord(object.kind, kinds);
    return [
      diagnosticAt(object, ['kind'], {
        code: 'ERR_OBJECT_KIND',
        message: `kind \`${object.kind.slice(0, 100)}\` is not read from this folder`,
        hint: near === undefined ? `read here: ${kinds.join(', ')}` : `did you mean \`${near}\`?`,
      }),
    ];
  }
  return sameKind.group === group && sameKind.versions.includes(version)
    ? []
    : [
        diagnosticAt(object, ['apiVersion'], {
          code: 'ERR_OBJECT_KIND',
          message: `\`${object.apiVersion.slice(0, 100)}\` has no ${object.kind} that is known here`,
          hint: `write \`${[sameKind.group, sameKind.versions[0]].filter((part) => part !== '').join('/')}\``,
        }),
      ];
}
