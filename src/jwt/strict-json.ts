import type { ClaimValue } from './verified-token.ts';

/** The members of a JSON object, with what a reader of numbers must know. */
export interface JsonObject {
  readonly members: ReadonlyMap<string, ClaimValue>;
  /** True when some integer literal is beyond 2^53 - 1, so that its value was rounded. */
  readonly hasUnsafeInteger: boolean;
}

/**
 * Reads one JSON object (RFC 8259) in linear time, stricter than `JSON.parse`: no name twice in an object, no
 * lone surrogate, no number beyond the doubles, no nesting deeper than `depthMax`, nothing after the end.
 * Nested objects have no prototype, so `__proto__` is a name like any other. Undefined for anything else.
 */
export function readJsonObject(text: string, depthMax: number): JsonObject | undefined {
  const reader: Reader = { text, at: 0, depthMax, hasUnsafeInteger: false };
  try {
    skipSpace(reader);
    const members = readMembers(reader, 1);
    skipSpace(reader);
    return reader.at === text.length ? { members, hasUnsafeInteger: reader.hasUnsafeInteger } : undefined;
  } catch (error) {
    if (error instanceof NotJson) {
      return undefined;
    }
    throw error;
  }
}

interface Reader {
  readonly text: string;
  readonly depthMax: number;
  at: number;
  hasUnsafeInteger: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class NotJson extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;

function readValue(reader: Reader, depth: number): ClaimValue {
  switch (reader.text[reader.at]) {
    case '{':
      return plainObject(readMembers(reader, depth));
    case '[':
      return readList(reader, depth);
    case '"':
      return readString(reader);
    case 't':
      return readWord(reader, 'true', true);
    case 'f':
      return readWord(reader, 'false', false);
    case 'n':
      return readWord(reader, 'null', null);
    default:
      return readNumber(reader);
  }
}

function readMembers(reader: Reader, depth: number): Map<string, ClaimValue> {
  open(reader, '{', depth);
  const members = new Map<string, ClaimValue>();
  if (closes(reader, '}')) {
    return members;
  }
  for (;;) {
    const name = readString(reader);
    if (members.has(name)) {
      throw new NotJson();
    }
    skipSpace(reader);
    take(reader, ':');
    skipSpace(reader);
    members.set(name, readValue(reader, depth + 1));
    if (ends(reader, '}')) {
      return members;
    }
  }
}

function readList(reader: Reader, depth: number): readonly ClaimValue[] {
  open(reader, '[', depth);
  const items: ClaimValue[] = [];
  if (closes(reader, ']')) {
    return items;
  }
  for (;;) {
    items.push(readValue(reader, depth + 1));
    if (ends(reader, ']')) {
      return items;
    }
  }
}

function readString(reader: Reader): string {
  const start = reader.at;
  take(reader, '"');
  let end = endOfPlainText(reader.text, reader.at);
  const isPlain = reader.text[end] === '"';
  while (reader.text[end] === '\\') {
    end = endOfPlainText(reader.text, end + 2);
  }
  if (reader.text[end] !== '"') {
    throw new NotJson();
  }
  reader.at = end + 1;
  const value = isPlain ? reader.text.slice(start + 1, end) : readLiteral(reader.text.slice(start, end + 1));
  if (!value.isWellFormed()) {
    throw new NotJson();
  }
  return value;
}

/** The place of the next quote, backslash, control character or the end. */
function endOfPlainText(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (Number.isNaN(code) || code < 0x20 || code === QUOTE || code === BACKSLASH) {
      return at;
    }
    at += 1;
  }
}

function readLiteral(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw new NotJson();
  }
}

function readNumber(reader: Reader): number {
  NUMBER.lastIndex = reader.at;
  const match = NUMBER.exec(reader.text);
  if (match === null) {
    throw new NotJson();
  }
  reader.at = NUMBER.lastIndex;
  const value = Number(match[0]);
  if (!Number.isFinite(value)) {
    throw new NotJson();
  }
  const isIntegerLiteral = match[1] === undefined && match[2] === undefined;
  if (isIntegerLiteral && !Number.isSafeInteger(value)) {
    reader.hasUnsafeInteger = true;
  }
  return value;
}

function readWord<T>(reader: Reader, word: string, value: T): T {
  if (!reader.text.startsWith(word, reader.at)) {
    throw new NotJson();
  }
  reader.at += word.length;
  return value;
}

function open(reader: Reader, bracket: string, depth: number): void {
  if (depth > reader.depthMax) {
    throw new NotJson();
  }
  take(reader, bracket);
  skipSpace(reader);
}

function closes(reader: Reader, bracket: string): boolean {
  if (reader.text[reader.at] !== bracket) {
    return false;
  }
  reader.at += 1;
  return true;
}

/** After a member: true at the closing bracket, false when a comma leads to another member. */
function ends(reader: Reader, bracket: string): boolean {
  skipSpace(reader);
  if (closes(reader, bracket)) {
    return true;
  }
  take(reader, ',');
  skipSpace(reader);
  return false;
}

function take(reader: Reader, character: string): void {
  if (reader.text[reader.at] !== character) {
    throw new NotJson();
  }
  reader.at += 1;
}

function skipSpace(reader: Reader): void {
  for (;;) {
    const character = reader.text[reader.at];
    if (character !== ' ' && character !== '\n' && character !== '\r' && character !== '\t') {
      return;
    }
    reader.at += 1;
  }
}

function plainObject(members: ReadonlyMap<string, ClaimValue>): { readonly [name: string]: ClaimValue } {
  const object: { [name: string]: ClaimValue } = Object.create(null);
  for (const [name, value] of members) {
    object[name] = value;
  }
  return object;
}
