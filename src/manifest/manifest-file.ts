import type { Checked } from '../base/index.ts';

/** A file as text; `path` is what diagnostics print. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

/** Decodes the bytes of a file; bytes that are not UTF-8 are an error, never replaced. */
export function manifestFileOf(path: string, bytes: Uint8Array): Checked<ManifestFile> {
  try {
    return {
      value: { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) },
      diagnostics: [],
    };
  } catch {
    return {
      value: undefined,
      diagnostics: [
        {
          code: 'ERR_MANIFEST_ENCODING',
          severity: 'error',
          file: path,
          line: 1,
          column: 1,
          path: '',
          message: 'file is not UTF-8 text',
          hint: 'save it as UTF-8',
        },
      ],
    };
  }
}
