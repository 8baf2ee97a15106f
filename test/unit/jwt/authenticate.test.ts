import { describe, expect, it } from 'vitest';
import type { AuthenticateOutcome, TokenRule } from '../../../src/jwt/index.ts';
import { jwksOf, makeToken, type TestKeyName } from '../../fakes/token-issuer.ts';
import { bearer, GOOD_CLAIMS, inline, judge, keysOfRules, NOW, tokenRule, verdictOf } from './token-case.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const FORM = 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections';
const EXPIRED = 'Jwt is expired';
const SIGNATURE = 'Jwt verification fails';
const UNKNOWN_ISSUER = 'Jwt issuer is not configured';
const AUDIENCE = 'Audiences in Jwt are not allowed';

function token(claims: Readonly<Record<string, unknown>> = {}, key: TestKeyName = 'p256'): string {
  return makeToken(key, { payload: { ...GOOD_CLAIMS, ...claims } });
}

function passed(outcome: AuthenticateOutcome): Extract<AuthenticateOutcome, { kind: 'pass' }> {
  if (outcome.kind !== 'pass') {
    throw new Error(`not passed: ${verdictOf(outcome)}`);
  }
  return outcome;
}

function refused(outcome: AuthenticateOutcome): Extract<AuthenticateOutcome, { kind: 'reject' }> {
  if (outcome.kind !== 'reject') {
    throw new Error(`not refused: ${outcome.kind}`);
  }
  return outcome;
}

describe('one rule', () => {
  it('passes a request without a token, and says so', () => {
    const outcome = passed(judge([tokenRule()], {}));
    expect(outcome.token).toBeUndefined();
    expect(outcome.mutations).toEqual({ setHeaders: [], removeHeaders: [], removeQueryParameters: [] });
  });

  it('passes a good token, with its claims, and takes it out', () => {
    const outcome = passed(judge([tokenRule()], bearer(token({ role: 'admin' }))));
    expect(outcome.token).toMatchObject({
      ruleId: 'default/rules#0',
      issuer: GOOD_CLAIMS.iss,
      subject: 'alice',
      expiresAtSeconds: NOW + 600,
    });
    expect(outcome.token?.claims.get('role')).toBe('admin');
    expect(outcome.mutations.removeHeaders).toEqual(['authorization']);
  });

  it('leaves the token where the rule forwards it', () => {
    const rules = [tokenRule({ forwardOriginalToken: true })];
    expect(passed(judge(rules, bearer(token()))).mutations.removeHeaders).toEqual([]);
  });

  it('refuses with status, body and challenge of Envoy', () => {
    const outcome = refused(judge([tokenRule()], { ...bearer(token({ exp: NOW - 61 })), path: '/a?b=c' }));
    expect(outcome).toEqual({
      kind: 'reject',
      httpStatus: 401,
      reason: 'token_expired',
      body: EXPIRED,
      challenge: 'Bearer realm="https://shop.example/a?b=c", error="invalid_token"',
      ruleId: 'default/rules#0',
      use: { issuer: 'https://issuer.example', cached: false },
      mutations: { setHeaders: [], removeHeaders: [], removeQueryParameters: [] },
    });
  });

  it('names the scheme that the client used, cuts the path at 256, and lets no line end through', () => {
    const path = `/${'x'.repeat(300)}`;
    const headers = [...(bearer('x').headers ?? []), ['x-forwarded-proto', 'http'] as const];
    const { challenge } = refused(judge([tokenRule()], { headers, path }));
    expect(challenge).toBe(`Bearer realm="http://shop.example${path.slice(0, 256)}", error="invalid_token"`);
    const split = refused(judge([tokenRule()], { ...bearer('x'), path: '/a\r\nx: y' }));
    expect(split.challenge).toBe('Bearer realm="https://shop.example/ax: y", error="invalid_token"');
    expect(refused(judge([tokenRule()], { ...bearer('x'), path: '' })).challenge).toBe(
      'Bearer realm="", error="invalid_token"',
    );
  });

  it('answers 403 for an audience, 401 for all else', () => {
    const rules = [tokenRule({ audiences: ['shop'] })];
    expect(refused(judge(rules, bearer(token({ aud: 'bank' })))).httpStatus).toBe(403);
    expect(refused(judge(rules, bearer(token({ aud: 'bank', exp: NOW - 100 })))).body).toBe(EXPIRED);
  });

  it('takes any issuer when it names none', () => {
    const rules = [tokenRule({ issuer: undefined })];
    expect(passed(judge(rules, bearer(token({ iss: 'x' })))).token?.issuer).toBe('x');
    expect(passed(judge(rules, bearer(token({ iss: undefined })))).token?.issuer).toBeUndefined();
  });

  it.each([
    ['two good tokens', [token(), token({ sub: 'bob' })], 'pass'],
    ['a bad one first', [token({ exp: 1 }), token()], EXPIRED],
    ['a bad one last', [token(), token({ exp: 1 })], EXPIRED],
    ['two bad ones: the last speaks', [token({ exp: 1 }), 'x'], FORM],
  ])('looks at every line of a header, from the last: %s', (_name, tokens, verdict) => {
    const rules = [tokenRule({ fromHeaders: [{ name: 'x-token', prefix: '' }] })];
    const headers = tokens.map((text) => ['x-token', text] as const);
    expect(verdictOf(judge(rules, { headers }))).toBe(verdict);
  });

  it('takes the identity of the first line, and the outputs of all', () => {
    const rules = [
      tokenRule({
        fromHeaders: [{ name: 'x-token', prefix: '' }],
        forwardOriginalToken: true,
        outputClaimToHeaders: [{ header: 'x-user', claim: 'sub' }],
      }),
    ];
    const headers = [token(), token({ sub: 'bob' })].map((text) => ['x-token', text] as const);
    const outcome = passed(judge(rules, { headers }));
    expect(outcome.token?.subject).toBe('alice');
    expect(outcome.mutations.setHeaders).toEqual([
      { name: 'x-user', value: 'bob' },
      { name: 'x-user', value: 'alice' },
    ]);
  });
});

describe('places of tokens', () => {
  const good = token();
  it.each([
    ['the prefix anywhere in the line', 'authorization', `Basic x Bearer ${good}`, 'pass'],
    ['another case of the prefix: no token', 'authorization', `bearer ${good}`, 'none'],
    ['another scheme: no token', 'authorization', 'Basic YTpi', 'none'],
    ['a token without the prefix: no token', 'authorization', good, 'none'],
    ['a tab after the scheme: no token', 'authorization', `Bearer\t${good}`, 'none'],
    ['nothing after the prefix', 'authorization', 'Bearer ', FORM],
    ['two spaces', 'authorization', `Bearer  ${good}`, 'Jwt header is an invalid Base64url encoded'],
    ['a quote', 'authorization', `Bearer "${good}`, 'Jwt header is an invalid Base64url encoded'],
    ['two tokens in one line', 'authorization', `Bearer ${good},Bearer ${good}`, FORM],
    [
      'something behind the token',
      'authorization',
      `Bearer ${good} x`,
      'Jwt signature is an invalid Base64url encoded',
    ],
    ['a header that no rule names', 'x-token', good, 'none'],
  ])('%s', (_name, header, value, verdict) => {
    const outcome = judge([tokenRule()], { headers: [[header, value]] });
    const isNone = outcome.kind === 'pass' && outcome.token === undefined;
    expect(isNone ? 'none' : verdictOf(outcome)).toBe(verdict);
  });

  it('treats two Authorization lines as Envoy does: as one that is no token', () => {
    const headers = [
      ['authorization', `Bearer ${good}`],
      ['authorization', `Bearer ${good}`],
    ] as const;
    expect(verdictOf(judge([tokenRule()], { headers }))).toBe(FORM);
    expect(verdictOf(judge([tokenRule(), tokenRule({ id: 'default/b#0', issuer: B })], { headers }))).toBe(
      FORM,
    );
  });

  it.each([
    [
      'a header without prefix',
      { fromHeaders: [{ name: 'x-token', prefix: '' }] },
      { headers: [['x-token', good]] },
    ],
    [
      'a header with a prefix of its own',
      { fromHeaders: [{ name: 'x-token', prefix: 'jwt=' }] },
      { headers: [['x-token', `a jwt=${good}`]] },
    ],
    [
      'a space after a prefix that has none',
      { fromHeaders: [{ name: 'x-token', prefix: 'Bearer' }] },
      { headers: [['x-token', `Bearer ${good}`]] },
    ],
    ['the default parameter', {}, { path: `/?access_token=${good}` }],
    ['an encoded parameter', {}, { path: `/?a=b&access%5Ftoken=${good.replaceAll('.', '%2E')}&c` }],
    ['a parameter of its own', { fromParams: ['t'] }, { path: `/?t=${good}` }],
    ['a cookie', { fromCookies: ['session'] }, { headers: [['cookie', `a=b; session=${good}; c=d`]] }],
    ['a cookie in quotes', { fromCookies: ['session'] }, { headers: [['cookie', `session="${good}"`]] }],
  ] as const)('finds it in %s', (_name, rule, request) => {
    expect(passed(judge([tokenRule(rule)], request)).token?.subject).toBe('alice');
  });

  it.each([
    ['defaults when places are named', { fromCookies: ['session'] }, bearer(good)],
    [
      'the default parameter when a place is named',
      { fromCookies: ['s'] },
      { path: `/?access_token=${good}` },
    ],
    ['a parameter behind a semicolon', {}, { path: `/?a=b;access_token=${good}` }],
    ['a fragment', {}, { path: `/?a=b#&access_token=${good}` }],
    ['a cookie of another case', { fromCookies: ['session'] }, { headers: [['cookie', `Session=${good}`]] }],
  ] as const)('does not look into %s', (_name, rule, request) => {
    expect(passed(judge([tokenRule(rule)], request)).token).toBeUndefined();
  });

  it('counts an empty value as a token where there is no prefix', () => {
    const rules = [tokenRule({ fromHeaders: [{ name: 'x-token', prefix: '' }] })];
    expect(verdictOf(judge(rules, { headers: [['x-token', '']] }))).toBe(FORM);
    expect(verdictOf(judge([tokenRule()], { path: '/?access_token=' }))).toBe(FORM);
    expect(verdictOf(judge([tokenRule()], { path: '/?access_token' }))).toBe(FORM);
  });

  it('takes the first of several parameters or cookies', () => {
    expect(verdictOf(judge([tokenRule()], { path: `/?access_token=x&access_token=${good}` }))).toBe(FORM);
    expect(verdictOf(judge([tokenRule()], { path: `/?access_token=${good}&access_token=x` }))).toBe('pass');
    const rules = [tokenRule({ fromCookies: ['s'] })];
    expect(verdictOf(judge(rules, { headers: [['cookie', `s=x; s=${good}`]] }))).toBe(FORM);
  });

  it('takes out parameters, not cookies', () => {
    const byParam = passed(judge([tokenRule()], { path: `/?access_token=${good}&a=b` }));
    expect(byParam.mutations.removeQueryParameters).toEqual(['access_token']);
    const rules = [tokenRule({ fromCookies: ['s'] })];
    expect(passed(judge(rules, { headers: [['cookie', `s=${good}`]] })).mutations.removeHeaders).toEqual([]);
    expect(passed(judge([tokenRule()], bearer(good))).mutations.removeQueryParameters).toEqual([]);
  });
});

describe('several rules', () => {
  const ruleA = (changes: Partial<TokenRule> = {}) =>
    tokenRule({ id: 'default/a#0', issuer: A, keys: inline(jwksOf('p256')), ...changes });
  const ruleB = (changes: Partial<TokenRule> = {}) =>
    tokenRule({ id: 'default/b#0', issuer: B, keys: inline(jwksOf('p256')), ...changes });

  it.each([
    ['the first', token({ iss: A }), 'default/a#0'],
    ['the second', token({ iss: B }), 'default/b#0'],
  ])('pass a token of %s', (_name, text, ruleId) => {
    expect(passed(judge([ruleA(), ruleB()], bearer(text))).token?.ruleId).toBe(ruleId);
  });

  it.each([
    ['no rule names the issuer', token({ iss: 'x' }), UNKNOWN_ISSUER, undefined],
    ['the first rule fails', token({ iss: A, exp: 1 }), EXPIRED, 'default/a#0'],
    ['the second rule fails', token({ iss: B, exp: 1 }), EXPIRED, 'default/b#0'],
  ])('refuse when %s', (_name, text, body, ruleId) => {
    expect(refused(judge([ruleA(), ruleB()], bearer(text)))).toMatchObject({ body, ruleId });
  });

  it('let the first failing rule speak', () => {
    const wrongAudience = tokenRule({ id: 'default/aud#0', audiences: ['zz'] });
    const wrongKey = tokenRule({
      id: 'default/key#0',
      keys: inline(jwksOf({ ...key('p256Other'), kid: 'p256' })),
    });
    expect(refused(judge([wrongAudience, wrongKey], bearer(token())))).toMatchObject({
      httpStatus: 403,
      body: AUDIENCE,
    });
    expect(refused(judge([wrongKey, wrongAudience], bearer(token())))).toMatchObject({
      httpStatus: 401,
      body: SIGNATURE,
    });
  });

  it('pass a token that a later rule for the same issuer accepts', () => {
    const rules = [tokenRule({ audiences: ['zz'] }), tokenRule({ id: 'default/second#0' })];
    expect(passed(judge(rules, bearer(token()))).token?.ruleId).toBe('default/second#0');
  });

  it.each([
    ['bad, good', [token({ iss: A, exp: 1 }), token({ iss: A })], 'pass'],
    ['malformed, good', ['x', token({ iss: A })], 'pass'],
    ['unknown issuer, good', [token({ iss: 'x' }), token({ iss: A })], 'pass'],
    ['good, bad', [token({ iss: A }), token({ iss: A, exp: 1 })], EXPIRED],
  ])(
    'let the last token of a place decide, as Envoy does, without its outputs: %s',
    (_name, tokens, verdict) => {
      const place = { fromHeaders: [{ name: 'x-token', prefix: '' }] };
      const rules = [ruleA({ ...place, outputPayloadToHeader: 'x-payload' }), ruleB()];
      const outcome = judge(rules, { headers: tokens.map((text) => ['x-token', text] as const) });
      expect(verdictOf(outcome)).toBe(verdict);
      if (outcome.kind === 'pass') {
        expect(outcome.token?.issuer).toBe(A);
        expect(outcome.mutations).toEqual({
          setHeaders: [],
          removeHeaders: ['x-token'],
          removeQueryParameters: [],
        });
      }
    },
  );

  it('refuse the same when the token is forwarded, as it is then found again', () => {
    const place = { fromHeaders: [{ name: 'x-token', prefix: '' }], forwardOriginalToken: true };
    const headers = ['x', token({ iss: A })].map((text) => ['x-token', text] as const);
    expect(verdictOf(judge([ruleA(place), ruleB()], { headers }))).toBe(FORM);
  });

  it('ask for keys only when nothing before decides', () => {
    const remote: TokenRule['keys'] = {
      kind: 'uri',
      keySetId: 'remote',
      jwksUri: 'https://k',
      timeoutMillis: 1,
    };
    const rules = [ruleA(), ruleB({ keys: remote })];
    const keys = keysOfRules(rules);
    expect(judge(rules, bearer(token({ iss: B })), { keys })).toEqual({
      kind: 'need',
      keySetIds: ['remote'],
    });
    expect(verdictOf(judge(rules, bearer(token({ iss: A })), { keys }))).toBe('pass');
    expect(verdictOf(judge(rules, bearer(token({ iss: B, exp: 1 })), { keys }))).toBe(EXPIRED);
    expect(verdictOf(judge(rules, bearer(token({ iss: 'x' })), { keys }))).toBe(UNKNOWN_ISSUER);
    expect(verdictOf(judge(rules, {}, { keys }))).toBe('pass');
    const unusable = keysOfRules(rules, { remote: { state: 'unusable' } });
    expect(verdictOf(judge(rules, bearer(token({ iss: B })), { keys: unusable }))).toBe(
      "Jwks doesn't have any valid public key",
    );
  });
});

describe('headers that rules write', () => {
  const writing = tokenRule({
    outputPayloadToHeader: 'X-Payload',
    outputClaimToHeaders: [
      { header: 'X-User', claim: 'sub' },
      { header: 'x-team', claim: 'org.team' },
      { header: 'x-none', claim: 'missing' },
    ],
  });
  const forged = [
    ['x-user', 'root'],
    ['x-payload', 'forged'],
    ['x-none', 'forged'],
  ] as const;

  it('carry the verified values', () => {
    const text = token({ org: { team: 'red' } });
    const outcome = passed(judge([writing], { headers: [...(bearer(text).headers ?? []), ...forged] }));
    expect(new Map(outcome.mutations.setHeaders.map(({ name, value }) => [name, value]))).toEqual(
      new Map([
        ['x-user', 'alice'],
        ['x-payload', text.split('.')[1]],
        ['x-team', 'red'],
      ]),
    );
    expect([...outcome.mutations.removeHeaders].sort()).toEqual(['authorization', 'x-none']);
  });

  it.each([
    ['no token', {}],
    [
      'a preflight',
      {
        method: 'OPTIONS',
        extra: [
          ['origin', 'https://o'],
          ['access-control-request-method', 'PUT'],
        ],
      },
    ],
  ] as const)('are taken from a client with %s', (_name, request) => {
    const extra = 'extra' in request ? request.extra : [];
    const outcome = passed(judge([writing], { ...request, headers: [...forged, ...extra] }));
    expect(outcome.token).toBeUndefined();
    expect([...outcome.mutations.removeHeaders].sort()).toEqual(['x-none', 'x-payload', 'x-user']);
    expect(outcome.mutations.setHeaders).toEqual([]);
  });

  it('of any rule never hold a token for another', () => {
    const reading = tokenRule({ id: 'default/r#1', fromHeaders: [{ name: 'x-user', prefix: '' }] });
    const outcome = passed(judge([writing, reading], { headers: [['x-user', token()]] }));
    expect(outcome.token).toBeUndefined();
    expect(outcome.mutations.removeHeaders).toEqual(['x-user']);
  });
});

describe('a preflight', () => {
  const bad = ['authorization', 'Bearer x'] as const;
  const origin = ['origin', 'https://o'] as const;
  const asked = ['access-control-request-method', 'PUT'] as const;
  it.each([
    ['with both headers', 'OPTIONS', [bad, origin, asked], 'pass'],
    ['of another method', 'GET', [bad, origin, asked], FORM],
    ['without origin', 'OPTIONS', [bad, asked], FORM],
    ['with an empty origin', 'OPTIONS', [bad, ['origin', ''] as const, asked], FORM],
    ['without the asked method', 'OPTIONS', [bad, origin], FORM],
  ])('%s', (_name, method, headers, verdict) => {
    expect(verdictOf(judge([tokenRule()], { method, headers }))).toBe(verdict);
  });
});

describe('audiences', () => {
  it.each([
    [['shop'], 'shop', true],
    [['shop'], ['bank', 'shop'], true],
    [['shop'], 'Shop', false],
    [['shop'], 'shop2', false],
    [['shop'], undefined, false],
    [['shop'], [], false],
    [[], 'anything', true],
    [['https://shop/'], 'shop', true],
    [['shop'], 'http://shop/', true],
    [['https://shop'], 'http://shop', true],
    [['shop'], 'shop//', false],
    [['shop'], 'https://https://shop', false],
    [['shop'], 'HTTPS://shop', false],
    [[''], 'https://', true],
  ])('%j and %j: %s', (audiences, aud, good) => {
    const outcome = judge([tokenRule({ audiences })], bearer(token({ aud })));
    expect(verdictOf(outcome)).toBe(good ? 'pass' : AUDIENCE);
  });
});

describe('claims', () => {
  it('of the space-delimited kind are split; text without words stays', () => {
    const rules = [tokenRule({ spaceDelimitedClaims: ['groups'] })];
    const claims = passed(
      judge(rules, bearer(token({ scope: ' read  write', permission: '', groups: 'a', other: 'a b' }))),
    ).token?.claims;
    expect(claims?.get('scope')).toEqual(['read', 'write']);
    expect(claims?.get('permission')).toBe('');
    expect(claims?.get('groups')).toEqual(['a']);
    expect(claims?.get('other')).toBe('a b');
  });

  it('may have the names of a prototype, and touch none', () => {
    const payload = `{"iss":"${GOOD_CLAIMS.iss}","__proto__":{"admin":true},"constructor":"x","o":{"__proto__":"y"}}`;
    const claims = passed(judge([tokenRule()], bearer(makeToken('p256', { payload })))).token?.claims;
    expect(claims?.get('constructor')).toBe('x');
    expect(claims?.get('toString')).toBeUndefined();
    expect(claims?.get('admin')).toBeUndefined();
    const inner = claims?.get('o') as Record<string, unknown>;
    expect(Object.getPrototypeOf(inner)).toBeNull();
    expect(Object.keys(inner)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });
});

describe('an HMAC', () => {
  const rules = [tokenRule({ keys: inline(jwksOf('secret')) })];
  const text = makeToken('secret', { payload: GOOD_CLAIMS });
  const [header, payload, signature = ''] = text.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  it.each([
    ['whole', bytes, 'pass'],
    ['without its last byte', bytes.subarray(0, -1), SIGNATURE],
    ['cut to its first half', bytes.subarray(0, 16), SIGNATURE],
    ['cut to one byte', bytes.subarray(0, 1), SIGNATURE],
    ['with a byte behind', Buffer.concat([bytes, Buffer.alloc(1)]), SIGNATURE],
    ['of another', Buffer.alloc(32), SIGNATURE],
  ])('%s', (_name, changed, verdict) => {
    const token = `${header}.${payload}.${changed.toString('base64url')}`;
    expect(verdictOf(judge(rules, bearer(token)))).toBe(verdict);
  });
});

describe('algorithms', () => {
  it.each([
    ['rsa', 'RS256'],
    ['rsa', 'RS384'],
    ['rsa', 'RS512'],
    ['rsa', 'PS256'],
    ['rsa', 'PS384'],
    ['rsa', 'PS512'],
    ['p256', 'ES256'],
    ['p384', 'ES384'],
    ['p521', 'ES512'],
    ['ed25519', 'EdDSA'],
    ['secret', 'HS256'],
    ['secret', 'HS384'],
    ['secret', 'HS512'],
  ] as const)('%s signs with %s', (name, alg) => {
    const text = makeToken(name, { header: { alg }, payload: GOOD_CLAIMS });
    expect(verdictOf(judge([tokenRule()], bearer(text)))).toBe('pass');
    const allowed = tokenRule({ algorithms: [alg] });
    expect(verdictOf(judge([allowed], bearer(text)))).toBe('pass');
    const others = tokenRule({ algorithms: ['none'] });
    expect(verdictOf(judge([others], bearer(text)))).toBe('Jwt header [alg] is not supported');
  });
});

function key(name: TestKeyName): Readonly<Record<string, unknown>> {
  const [first] = (JSON.parse(jwksOf(name)) as { keys: readonly Record<string, unknown>[] }).keys;
  return first ?? {};
}
