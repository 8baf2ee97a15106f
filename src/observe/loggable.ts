import { isSecretName, REDACTED, redactText } from './redact.ts';

/** What a log line can hold. */
export type Loggable =
  | string
  | number
  | boolean
  | null
  | readonly Loggable[]
  | { readonly [name: string]: Loggable };

const DEPTH_MAX = 5;
const TEXT_CHARACTERS_MAX = 4096;
const MEMBERS_MAX = 100;

/** Any value of an event's field as data of bounded size without secrets. Bytes are never shown. */
export function loggable(value: unknown, depth = 0): Loggable | undefined {
  switch (typeof value) {
    case 'string':
      return boundedText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return value.toString();
    case 'undefined':
    case 'function':
    case 'symbol':
      return undefined;
    case 'object':
      return value === null ? null : loggableObject(value, depth);
  }
}

export function boundedText(text: string): string {
  return text.length > TEXT_CHARACTERS_MAX
    ? `${redactText(text.slice(0, TEXT_CHARACTERS_MAX))}… (${text.length} characters)`
    : redactText(text);
}

function loggableObject(value: object, depth: number): Loggable {
  if (value instanceof Error) {
    return boundedText(value.message);
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `(${value.byteLength} bytes)`;
  }
  if (depth >= DEPTH_MAX) {
    return '…';
  }
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...value];
    const shown = items.slice(0, MEMBERS_MAX).map((item) => loggable(item, depth + 1) ?? null);
    return items.length > MEMBERS_MAX ? [...shown, `… (${items.length} in all)`] : shown;
  }
  return loggableMembers(value instanceof Map ? [...value] : Object.entries(value), depth);
}

/** Numbers and booleans under a secret's name are counts and switches; everything else is hidden. */
function loggableMembers(members: readonly (readonly [unknown, unknown])[], depth: number): Loggable {
  const shown: Record<string, Loggable> = Object.create(null);
  for (const [key, value] of members.slice(0, MEMBERS_MAX)) {
    const name = String(key);
    const data = loggable(value, depth + 1);
    if (data !== undefined) {
      const hidden = isSecretName(name) && typeof data !== 'number' && typeof data !== 'boolean';
      shown[boundedText(name)] = hidden ? REDACTED : data;
    }
  }
  if (members.length > MEMBERS_MAX) {
    shown['…'] = `${members.length} in all`;
  }
  return shown;
}
