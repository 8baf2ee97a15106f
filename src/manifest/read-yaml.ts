import type { Checked } from '../base/index.ts';
import type { ManifestFile } from './manifest-file.ts';
import { diagnosticAt } from './positioned.ts';
import { readYamlDocuments, type YamlDocument } from './yaml-document.ts';

/** A file that holds exactly one document, such as the settings. */
export function readYaml(file: ManifestFile): Checked<YamlDocument> {
  const { value = [], diagnostics } = readYamlDocuments(file);
  const [first, second] = value;
  if (diagnostics.length > 0) {
    return { value: undefined, diagnostics };
  }
  if (first === undefined) {
    const nowhere = { file: file.path, locate: () => START, locateKey: () => START };
    return {
      value: undefined,
      diagnostics: [
        diagnosticAt(nowhere, [], {
          code: 'ERR_MANIFEST_EMPTY',
          message: 'file is empty',
          hint: 'write the settings into it; `examples/minimal` has some',
        }),
      ],
    };
  }
  return second === undefined
    ? { value: first, diagnostics }
    : {
        value: undefined,
        diagnostics: [
          diagnosticAt(second, [], {
            code: 'ERR_MANIFEST_SHAPE',
            message: 'a second document where one is expected',
            hint: 'remove it, or the `---` above it',
          }),
        ],
      };
}

const START = { line: 1, column: 1 };
