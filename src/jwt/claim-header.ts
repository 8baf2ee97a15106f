import type { Claims, ClaimValue } from './verified-token.ts';

/** The claim at a path whose dots descend into objects. */
export function claimAt(claims: Claims, path: string): ClaimValue | undefined {
  const [first = '', ...rest] = path.split('.');
  let value = claims.get(first);
  for (const name of rest) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return undefined;
    }
    value = (value as { readonly [name: string]: ClaimValue })[name];
  }
  return value;
}

/**
 * A claim as Envoy writes it into a header: text and booleans as they are, whole numbers from 0 to 2^64 - 1
 * without a point, other numbers with six decimals, lists and objects as base64 of their JSON; undefined (no
 * header) for null and for empty text. `istio-tried`, point 18.
 */
export function claimHeaderText(value: ClaimValue): string | undefined {
  if (value === null || value === '') {
    return undefined;
  }
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return numberText(value);
    default:
      return Buffer.from(jsonText(value)).toString('base64');
  }
}

function numberText(value: number): string {
  if (value >= 0 && value < 2 ** 64 && Number.isInteger(value)) {
    return BigInt(value).toString();
  }
  if (Number.isInteger(value)) {
    return `${BigInt(value)}.000000`;
  }
  return sixDecimals(value);
}

/** As `%f` of C: a tie goes to the even digit, where `toFixed` goes up. Only odd multiples of 2^-7 are ties. */
function sixDecimals(value: number): string {
  const scaled = Math.abs(value) * 128;
  if (!Number.isInteger(scaled) || scaled % 2 === 0) {
    return value.toFixed(6);
  }
  const exact = value.toFixed(7);
  const isEven = '02468'.includes(exact.at(-2) ?? '');
  return isEven ? exact.slice(0, -1) : value.toFixed(6);
}

/** JSON as protobuf writes it; members in the order of the token, which in Envoy is any order. */
function jsonText(value: ClaimValue): string {
  if (typeof value === 'number') {
    return jsonNumber(value);
  }
  if (typeof value !== 'object' || value === null) {
    return jsonScalar(value);
  }
  if (Array.isArray(value)) {
    return `[${(value as readonly ClaimValue[]).map(jsonText).join(',')}]`;
  }
  const members = Object.entries(value as { readonly [name: string]: ClaimValue });
  return `{${members.map(([name, member]) => `${jsonScalar(name)}:${jsonText(member)}`).join(',')}}`;
}

/** What protobuf escapes beside what JSON must: markup, and characters that steer how text is shown. */
const ESCAPED =
  /[<>\u007f-\u009f\u00ad\u0600-\u0603\u06dd\u070f\u17b4\u17b5\u200b-\u200f\u2028-\u202e\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/gu;

function jsonScalar(value: string | boolean | null): string {
  return JSON.stringify(value).replace(ESCAPED, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** As `%.15g` of C, or `%.17g` when fifteen digits do not give the number back. */
function jsonNumber(value: number): string {
  if (Object.is(value, -0)) {
    return '-0';
  }
  const digits = Number(value.toPrecision(15)) === value ? 15 : 17;
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < digits) {
    const fixed = value.toFixed(Math.max(0, digits - 1 - exponent));
    return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
  }
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa.replace(/\.?0+$/, '')}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
