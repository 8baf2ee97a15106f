import {
  Composer,
  type CST,
  type Document,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLError,
} from 'yaml';
import { type Diagnostic, LIMITS } from '../base/index.ts';
import type { ManifestFile } from './manifest-file.ts';

/** A file as YAML documents with positions, and what is wrong with its text. */
export interface ComposedFile {
  readonly documents: readonly Document.Parsed<ParsedNode, true>[];
  readonly lines: LineCounter;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads YAML 1.2 within the limits of size, documents and nesting. Depth is looked at before the
 * recursive part of the library runs; duplicate keys are left to `plain-data`, where it costs less.
 */
export function composeFile(file: ManifestFile): ComposedFile {
  const lines = new LineCounter();
  const problem = (offset: number, code: Diagnostic['code'], message: string, hint?: string): Diagnostic => {
    const { line, col } = file.text === '' ? { line: 1, col: 1 } : lines.linePos(offset);
    const place = { file: file.path, line: Math.max(1, line), column: Math.max(1, col), path: '' };
    return { code, severity: 'error', ...place, message, ...(hint === undefined ? {} : { hint }) };
  };
  const nothing = (diagnostic: Diagnostic): ComposedFile => ({
    documents: [],
    lines,
    diagnostics: [diagnostic],
  });

  const bytes = Buffer.byteLength(file.text);
  if (bytes > LIMITS.manifestFileBytes) {
    const message = `file has ${bytes} bytes, the limit is ${LIMITS.manifestFileBytes}`;
    return nothing({ ...problem(0, 'ERR_LIMIT_EXCEEDED', message, 'split it'), line: 1, column: 1 });
  }
  const tokens = [...new Parser(lines.addNewLine).parse(file.text)];
  const control = CONTROL_CHARACTER.exec(file.text);
  if (control !== null) {
    return nothing(
      problem(
        control.index,
        'ERR_MANIFEST_ENCODING',
        'control character in the text',
        'remove it, or write it as an escape such as `\\u0001` in double quotes',
      ),
    );
  }
  const count = tokens.filter((token) => token.type === 'document').length;
  if (count > LIMITS.manifestDocuments) {
    const message = `file has ${count} documents, the limit is ${LIMITS.manifestDocuments}`;
    return nothing(problem(0, 'ERR_LIMIT_EXCEEDED', message, 'split it'));
  }
  const deep = tokens.map(firstTooDeep).find((offset) => offset !== undefined);
  if (deep !== undefined) {
    return nothing(
      problem(
        deep,
        'ERR_LIMIT_EXCEEDED',
        `nested more than ${LIMITS.manifestDepth} levels deep`,
        'flatten it',
      ),
    );
  }
  const composer = new Composer<ParsedNode, true>({
    version: '1.2',
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    lineCounter: lines,
  });
  const documents = [...composer.compose(tokens, true, file.text.length)].filter(isDocument);
  const diagnostics = documents.flatMap((document) => [
    ...firstOfEachLine([...document.errors, ...document.warnings], lines).map((error) =>
      problem(
        error.pos[0],
        'ERR_MANIFEST_YAML',
        sentence(error),
        'look at indentation and brackets here and in the line above; put texts with `[`, `{`, `#` or `: ` in quotes',
      ),
    ),
    ...(document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2'
      ? [problem(document.range[0], 'ERR_MANIFEST_YAML', 'only YAML 1.2 is read', 'remove the `%YAML` line')]
      : []),
  ]);
  return { documents, lines, diagnostics: diagnostics.slice(0, LIMITS.diagnostics) };
}

/** What YAML does not allow as a character, 5.1. */
const CONTROL_CHARACTER = /(?![\t\n\r\u0085])[\p{Cc}\ufffe\uffff]/u;

/** The offset of the first collection below the limit of nesting, without recursion. */
function firstTooDeep(document: CST.Token): number | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [{ token: document, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === 'document') {
      if (token.value !== undefined) {
        open.push({ token: token.value, depth });
      }
    } else if ('items' in token) {
      if (depth >= LIMITS.manifestDepth) {
        return token.offset;
      }
      for (const item of token.items) {
        for (const child of [item.key, item.value]) {
          if (child !== undefined && child !== null) {
            open.push({ token: child, depth: depth + 1 });
          }
        }
      }
    }
  }
  return undefined;
}

function isDocument(document: Document): document is Document.Parsed<ParsedNode, true> {
  return document.range !== undefined;
}

/** The library's own text, in our style. */
/** What follows in the same line is a consequence: one missing quote would be told ten times. */
function firstOfEachLine(errors: readonly YAMLError[], lines: LineCounter): readonly YAMLError[] {
  const told = new Set<number>();
  return errors.filter(({ pos }) => {
    const { line } = lines.linePos(pos[0]);
    return !told.has(line) && told.add(line);
  });
}

function sentence(error: YAMLError): string {
  const text = error.message.replace(/\s+/g, ' ').trim();
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`.replace(/\.$/, '');
}
