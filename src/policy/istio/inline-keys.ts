import { LIMITS } from '../../base/index.ts';
import type { FieldProblem } from './field.ts';

export interface InlineKeys {
  readonly problem: FieldProblem | undefined;
  /** Indices of keys that hold what only a signer should have. */
  readonly privateKeys: readonly number[];
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
};

/**
 * Looks whether a text is a JWK set (RFC 7517) whose keys have the members of their type (RFC 7518,
 * section 6). Whether a key is of use is the business of whoever verifies; nothing of the text goes into
 * a message.
 */
export function readInlineKeys(text: string): InlineKeys {
  if (Buffer.byteLength(text) > LIMITS.keySetBytes) {
    return refused(`a key set has at most ${LIMITS.keySetBytes} bytes`, 'take out keys that sign no more');
  }
  const keys = keysOf(text);
  if (keys === undefined) {
    return refused(
      'not a JSON object with a list `keys`',
      'write the whole set as one text, `{"keys":[…]}`; a single key belongs into that list',
    );
  }
  if (keys.length > LIMITS.keySetKeys) {
    return refused(`a key set has at most ${LIMITS.keySetKeys} keys`, 'take out keys that sign no more');
  }
  const privateKeys: number[] = [];
  for (const [index, key] of keys.entries()) {
    const type = isObject(key) ? key['kty'] : undefined;
    const members = typeof type === 'string' && Object.hasOwn(MEMBERS, type) ? MEMBERS[type] : undefined;
    if (!isObject(key) || members === undefined) {
      return refused(`key ${index} is of no known type`, '`kty` is `RSA`, `EC`, `OKP` or `oct`');
    }
    if (members.some((member) => typeof key[member] !== 'string' || key[member] === '')) {
      return refused(
        `key ${index} is not complete`,
        `a key of type \`${type}\` has ${members.map((member) => `\`${member}\``).join(', ')} as texts`,
      );
    }
    if (type === 'oct' || Object.hasOwn(key, 'd')) {
      privateKeys.push(index);
    }
  }
  return { problem: undefined, privateKeys };
}

function keysOf(text: string): readonly unknown[] | undefined {
  try {
    const document: unknown = JSON.parse(text);
    const keys = isObject(document) ? document['keys'] : undefined;
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}

function refused(message: string, hint: string): InlineKeys {
  return { problem: { code: 'ERR_POLICY_JWKS', message, hint }, privateKeys: [] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
