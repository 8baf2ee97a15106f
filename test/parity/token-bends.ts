import { base64url, makeToken } from '../fakes/token-issuer.ts';
import type { PlacedToken, TokenRecipe } from './case.ts';

/** A way to make a token odd or wrong. */
export interface Bend {
  readonly name: string;
  /** The row of `TOKEN_DIVERGENCES` by which Sallyport may refuse what Envoy takes. */
  readonly row?: string;
  make(recipe: TokenRecipe): string;
}

const plain = ({ key, header, payload }: TokenRecipe): string => makeToken(key, { header, payload });

function parts(recipe: TokenRecipe): readonly [string, string, string] {
  const [header = '', payload = '', signature = ''] = plain(recipe).split('.');
  return [header, payload, signature];
}

function withHeader(recipe: TokenRecipe, header: Readonly<Record<string, unknown>>): string {
  return plain({ ...recipe, header: { ...recipe.header, ...header } });
}

function withPayload(recipe: TokenRecipe, payload: Readonly<Record<string, unknown>>): string {
  return plain({ ...recipe, payload: { ...recipe.payload, ...payload } });
}

export const NO_BEND = 'none';

export const BENDS: readonly Bend[] = [
  { name: NO_BEND, make: plain },
  {
    name: 'wrong signature',
    make(recipe) {
      const [header, payload, signature] = parts(recipe);
      const bytes = Buffer.from(signature, 'base64url');
      bytes[3] = (bytes[3] ?? 0) ^ 1;
      return `${header}.${payload}.${base64url(bytes)}`;
    },
  },
  {
    name: 'another payload under the signature',
    make(recipe) {
      const [header, , signature] = parts(recipe);
      return `${header}.${base64url(JSON.stringify({ ...recipe.payload, sub: 'mallory' }))}.${signature}`;
    },
  },
  { name: 'expired', make: (recipe) => withPayload(recipe, { exp: 1_500_000_000 }) },
  { name: 'not yet valid', make: (recipe) => withPayload(recipe, { nbf: 4_000_000_000 }) },
  { name: 'never ends', make: (recipe) => withPayload(recipe, { exp: undefined }) },
  { name: 'exp is a text', make: (recipe) => withPayload(recipe, { exp: '4102444800' }) },
  { name: 'sub is a number', make: (recipe) => withPayload(recipe, { sub: 7 }) },
  { name: 'no sub', make: (recipe) => withPayload(recipe, { sub: undefined }) },
  { name: 'no iss', make: (recipe) => withPayload(recipe, { iss: undefined }) },
  { name: 'unknown issuer', make: (recipe) => withPayload(recipe, { iss: 'https://nobody' }) },
  { name: 'aud is a number', make: (recipe) => withPayload(recipe, { aud: 5 }) },
  { name: 'no kid', make: (recipe) => withHeader(recipe, { kid: undefined }) },
  { name: 'another kid', make: (recipe) => withHeader(recipe, { kid: 'nobody' }) },
  { name: 'alg none', make: (recipe) => withHeader(recipe, { alg: 'none' }) },
  { name: 'no alg', make: (recipe) => withHeader(recipe, { alg: undefined }) },
  { name: 'not a token', make: () => 'abc' },
  { name: 'empty', make: () => '' },
  { name: 'two parts', make: (recipe) => parts(recipe).slice(0, 2).join('.') },
  { name: 'no signature', make: (recipe) => `${parts(recipe).slice(0, 2).join('.')}.` },
  { name: 'payload is no JSON', make: ({ key, header }) => makeToken(key, { header, payload: '{"iss' }) },
  { name: 'payload is a list', make: ({ key, header }) => makeToken(key, { header, payload: '[]' }) },
  { name: 'header is no JSON', make: ({ key, payload }) => makeToken(key, { header: '{"alg', payload }) },
  {
    name: 'payload is no base64',
    make(recipe) {
      const [header, , signature] = parts(recipe);
      return `${header}.$$$.${signature}`;
    },
  },
  { name: 'padding', row: 'base64', make: (recipe) => `${plain(recipe)}==` },
  { name: 'a dot before', row: 'dots', make: (recipe) => `.${plain(recipe)}` },
  { name: 'a dot behind', row: 'dots', make: (recipe) => `${plain(recipe)}.` },
  {
    name: 'trailing comma',
    row: 'json',
    make: ({ key, header, payload }) =>
      makeToken(key, { header, payload: JSON.stringify(payload).replace(/\}$/, ',}') }),
  },
  {
    name: 'deep',
    row: 'depth',
    make: (recipe) =>
      withPayload(recipe, { deep: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown }),
  },
  { name: 'crit', row: 'crit', make: (recipe) => withHeader(recipe, { crit: ['x'], x: 1 }) },
  { name: 'cty JWT', row: 'nested', make: (recipe) => withHeader(recipe, { cty: 'JWT' }) },
  { name: 'exp far away', row: 'dates', make: (recipe) => withPayload(recipe, { exp: 2 ** 60 }) },
  { name: 'exp 0', row: 'exp-zero', make: (recipe) => withPayload(recipe, { exp: 0 }) },
  { name: 'long', row: 'length', make: (recipe) => withPayload(recipe, { pad: 'x'.repeat(13_000) }) },
  {
    name: 'numbers of the signature longer by a zero',
    row: 'ecdsa-length',
    make(recipe) {
      const [header, payload, signature] = parts({ ...recipe, key: 'p256' });
      const bytes = Buffer.from(signature, 'base64url');
      const longer = [bytes.subarray(0, 32), bytes.subarray(32)].flatMap((half) => [Buffer.alloc(1), half]);
      return `${header}.${payload}.${base64url(Buffer.concat(longer))}`;
    },
  },
  {
    name: 'sub with a control character',
    row: 'output-control',
    make: (recipe) => withPayload(recipe, { sub: 'al\u0001ice' }),
  },
  {
    name: 'ES384 with P-256',
    row: 'key-fits',
    make: (recipe) => withHeader({ ...recipe, key: 'p256' }, { alg: 'ES384', kid: 'p256' }),
  },
];

const BY_NAME = new Map(BENDS.map((bend) => [bend.name, bend]));

export function bendOf({ bend }: TokenRecipe): Bend {
  const found = BY_NAME.get(bend);
  if (found === undefined) {
    throw new Error(`no bend is named \`${bend}\``);
  }
  return found;
}

/** Whether a row may let Sallyport refuse a token, because of itself or of what stands before it. */
export function isOddToken({ place, token }: PlacedToken): boolean {
  return (
    bendOf(token).row !== undefined ||
    (place.kind === 'header' && /\s\s$/.test(place.prefix)) ||
    token.payload['num'] === HUGE_NUMBER
  );
}

/** Beyond what a JSON number holds exactly. */
export const HUGE_NUMBER = 1e20;
