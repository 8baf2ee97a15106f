import fc from 'fast-check';
import type { TestKeyName } from '../fakes/token-issuer.ts';
import type { PlacedToken, PolicyObject, TokenRecipe } from './case.ts';
import { type Literals, textsAround } from './literals.ts';
import { BENDS, NO_BEND } from './token-bends.ts';

/** A rule of a RequestAuthentication, as far as tokens for it are made by it. */
interface RuleShape {
  readonly issuer: string;
  readonly jwks: string;
  readonly audiences?: readonly string[];
  readonly fromHeaders?: readonly { readonly name: string; readonly prefix?: string }[];
  readonly fromParams?: readonly string[];
  readonly fromCookies?: readonly string[];
}

/** Tokens that some rule of the set may look at, most of them good. */
export function placedTokens(
  policies: readonly PolicyObject[],
  literals: Literals,
): fc.Arbitrary<readonly PlacedToken[]> {
  const rules = policies
    .filter(({ kind }) => kind === 'RequestAuthentication')
    .flatMap(({ spec }) => spec['jwtRules'] as readonly RuleShape[]);
  if (rules.length === 0) {
    return fc.constant([]);
  }
  const one = fc
    .constantFrom(...rules)
    .chain((rule) => fc.record({ place: fc.constantFrom(...placesOf(rule)), token: recipe(rule, literals) }));
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 7, arbitrary: one.map((token) => [token]) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }) },
  );
}

function placesOf(rule: RuleShape): readonly PlacedToken['place'][] {
  const places: PlacedToken['place'][] = [
    ...(rule.fromHeaders ?? []).map(({ name, prefix = '' }) => ({ kind: 'header', name, prefix }) as const),
    ...(rule.fromParams ?? []).map((name) => ({ kind: 'parameter', name }) as const),
    ...(rule.fromCookies ?? []).map((name) => ({ kind: 'cookie', name }) as const),
  ];
  const usual = { kind: 'header', name: 'authorization', prefix: 'Bearer ' } as const;
  return places.length > 0
    ? places
    : [
        usual,
        usual,
        usual,
        usual,
        { kind: 'parameter', name: 'access_token' },
        { ...usual, prefix: 'bearer ' },
        { ...usual, prefix: 'Bearer  ' },
        { ...usual, prefix: 'x Bearer ' },
      ];
}

function recipe(rule: RuleShape, literals: Literals): fc.Arbitrary<TokenRecipe> {
  const keys = rule.jwks
    .slice('JWKS:'.length)
    .split(',')
    .map((name) => name.replace('!enc', '')) as TestKeyName[];
  return fc.record({
    key: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...keys) },
      { weight: 1, arbitrary: fc.constantFrom<TestKeyName>('rsa', 'p256Other', 'ed25519', 'secret') },
    ),
    header: fc.constant({}),
    payload: payload(rule, literals),
    bend: fc.oneof(
      { weight: 3, arbitrary: fc.constant(NO_BEND) },
      { weight: literals.has('token') ? 1 : 3, arbitrary: fc.constantFrom(...BENDS.map(({ name }) => name)) },
    ),
  });
}

function payload(rule: RuleShape, literals: Literals): fc.Arbitrary<TokenRecipe['payload']> {
  const around = (literals.get('token') ?? []).flatMap((literal) => {
    const last = literal.slice(literal.lastIndexOf('/') + 1);
    return textsAround(last);
  });
  const text = (...pool: readonly string[]) => fc.constantFrom(...pool, ...around);
  const value = (...pool: readonly string[]) =>
    fc.oneof(
      { weight: 8, arbitrary: text(...pool) },
      { weight: 2, arbitrary: fc.array(text(...pool), { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom(null, 7, true, '', [1, 'admin'], -5, 1.5) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    );
  return fc.record({
    iss: fc.oneof(
      { weight: 20, arbitrary: fc.constant(rule.issuer) },
      { weight: 1, arbitrary: fc.constantFrom('i', 'ii') },
    ),
    sub: text('alice', 'alice', 'ali', 'bob', ''),
    aud: audiences(rule, around),
    azp: value('app1', 'app'),
    exp: fc.constant(4_102_444_800),
    role: value('admin', 'admin user', 'adm'),
    a: fc.oneof(fc.record({ b: value('deep.x', 'deep') }), fc.constantFrom<unknown>('deep.x', undefined)),
    scope: fc.oneof(text('read', 'read write', ' write  read'), fc.constant(['read write'])),
    num: fc.constantFrom(7, -5, 0, 1.5, 1e20),
    flag: fc.boolean(),
  });
}

function audiences(rule: RuleShape, around: readonly string[]): fc.Arbitrary<unknown> {
  const pool = [...(rule.audiences ?? ['shop']), ...around];
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pool) },
    { weight: 2, arbitrary: fc.subarray([...pool, 'x']) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>('http://shop', 'shop/', 'Shop', 'nobody', undefined) },
  );
}
