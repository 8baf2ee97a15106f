import { describe, expect, it } from 'vitest';
import {
  compilePolicies,
  keySetSources,
  peerModeFor,
  policyCount,
  type Target,
  tokenRulesFor,
} from '../../../src/policy/index.ts';
import { load, MESH, mustLoad, peerAuthentication, requestAuthentication } from './load.ts';

const jwtRule = (text: string) => requestAuthentication(`{ jwtRules: [${text}] }`);

function errors(yaml: string): readonly string[] {
  return load(yaml)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code, path }) => `${code} ${path.replace(/^spec\.?/, '')}`);
}

const TARGET: Target = {
  namespace: 'web',
  kind: 'sidecar',
  labels: new Map([['app', 'orders']]),
  gatewayName: undefined,
  services: [],
};

const RSA = '{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}';
const RULE = 'jwtRules[0]';

describe('a RequestAuthentication is refused', () => {
  it.each([
    [requestAuthentication('{ jwtRule: [] }'), 'ERR_MANIFEST_UNKNOWN_FIELD jwtRule'],
    [requestAuthentication('{ jwtRules: [null] }'), `ERR_MANIFEST_SHAPE ${RULE}`],
    [
      requestAuthentication(`{ jwtRules: [${'{ issuer: i }, '.repeat(4097)}] }`),
      'ERR_MANIFEST_SHAPE jwtRules',
    ],
    [requestAuthentication('{ selector: {}, targetRefs: [] }'), 'ERR_POLICY_TARGET targetRefs'],
    [jwtRule('{}'), `ERR_POLICY_TOKEN_RULE ${RULE}`],
    [jwtRule(`{ jwks: '${RSA}' }`), `ERR_POLICY_TOKEN_RULE ${RULE}`],
    [jwtRule('{ issuer: "" }'), `ERR_POLICY_EMPTY ${RULE}.issuer`],
    [jwtRule(`{ issuer: i, jwks: '${RSA}', jwksUri: "https://x" }`), `ERR_POLICY_TOKEN_RULE ${RULE}.jwks`],
    [
      jwtRule('{ issuer: i, jwksUri: "https://x", jwks_uri: "https://x" }'),
      `ERR_POLICY_TOKEN_RULE ${RULE}.jwks_uri`,
    ],
    [jwtRule('{ issuer: i, jwksUri: "ftp://x" }'), `ERR_POLICY_TOKEN_RULE ${RULE}.jwksUri`],
    [jwtRule('{ issuer: i, jwksUri: x }'), `ERR_POLICY_TOKEN_RULE ${RULE}.jwksUri`],
    [
      jwtRule(`{ issuer: i, jwksUri: "https://x/${'a'.repeat(2048)}" }`),
      `ERR_POLICY_TOKEN_RULE ${RULE}.jwksUri`,
    ],
    [jwtRule('{ issuer: i, jwks: "{" }'), `ERR_POLICY_JWKS ${RULE}.jwks`],
    [jwtRule('{ issuer: i, jwks: "[]" }'), `ERR_POLICY_JWKS ${RULE}.jwks`],
    [jwtRule(`{ issuer: i, jwks: '{"keys":[{"kty":"RSA","n":"AQAB"}]}' }`), `ERR_POLICY_JWKS ${RULE}.jwks`],
    [jwtRule(`{ issuer: i, jwks: '{"keys":[{"kty":"__proto__"}]}' }`), `ERR_POLICY_JWKS ${RULE}.jwks`],
    [jwtRule('{ issuer: i, audiences: [""] }'), `ERR_POLICY_EMPTY ${RULE}.audiences[0]`],
    [jwtRule('{ issuer: i, fromHeaders: [{}] }'), `ERR_MANIFEST_SHAPE ${RULE}.fromHeaders[0].name`],
    [jwtRule('{ issuer: i, fromHeaders: [{ name: "" }] }'), `ERR_POLICY_EMPTY ${RULE}.fromHeaders[0].name`],
    [
      jwtRule('{ issuer: i, fromHeaders: [{ name: "a b" }] }'),
      `ERR_POLICY_TOKEN_RULE ${RULE}.fromHeaders[0].name`,
    ],
    [jwtRule('{ issuer: i, fromParams: [""] }'), `ERR_POLICY_EMPTY ${RULE}.fromParams[0]`],
    [jwtRule('{ issuer: i, fromCookies: [""] }'), `ERR_POLICY_EMPTY ${RULE}.fromCookies[0]`],
    [
      jwtRule('{ issuer: i, outputPayloadToHeader: ":path" }'),
      `ERR_POLICY_TOKEN_RULE ${RULE}.outputPayloadToHeader`,
    ],
    [
      jwtRule('{ issuer: i, outputClaimToHeaders: [{ header: x.y, claim: c }] }'),
      `ERR_POLICY_TOKEN_RULE ${RULE}.outputClaimToHeaders[0].header`,
    ],
    [
      jwtRule('{ issuer: i, outputClaimToHeaders: [{ header: x }] }'),
      `ERR_MANIFEST_SHAPE ${RULE}.outputClaimToHeaders[0].claim`,
    ],
    [
      jwtRule(`{ issuer: i, spaceDelimitedClaims: [${'a, '.repeat(65)}] }`),
      `ERR_MANIFEST_SHAPE ${RULE}.spaceDelimitedClaims`,
    ],
    [jwtRule('{ issuer: i, timeout: 0.5ms }'), `ERR_POLICY_TOKEN_RULE ${RULE}.timeout`],
    [jwtRule('{ issuer: i, timeout: 1d }'), `ERR_POLICY_TOKEN_RULE ${RULE}.timeout`],
    [jwtRule('{ issuer: i, timeout: soon }'), `ERR_POLICY_TOKEN_RULE ${RULE}.timeout`],
    [jwtRule('{ issuer: i, presence: required }'), `ERR_MANIFEST_SHAPE ${RULE}.presence`],
  ])('case %#', (yaml, expected) => {
    expect(errors(yaml)).toEqual([expected]);
  });

  it('without repeating the key set in a message', () => {
    const { diagnostics } = load(
      jwtRule(`{ issuer: i, jwks: '{"keys":[{"kty":"oct","d":"s3cret-value"}]}' }`),
    );
    expect(JSON.stringify(diagnostics)).toContain('ERR_POLICY_JWKS');
    expect(JSON.stringify(diagnostics)).not.toContain('s3cret');
  });
});

describe('token rules', () => {
  it('come with the defaults of Istio', () => {
    const [policy] = mustLoad(jwtRule('{ issuer: "https://i" }')).requestAuthentication;
    expect(policy?.rules[0]).toEqual({
      id: 'web/r#0',
      issuer: 'https://i',
      audiences: [],
      keys: { kind: 'discovery', keySetId: expect.any(String), issuer: 'https://i', timeoutMillis: 5000 },
      fromHeaders: [],
      fromParams: [],
      fromCookies: [],
      forwardOriginalToken: false,
      outputPayloadToHeader: undefined,
      outputClaimToHeaders: [],
      spaceDelimitedClaims: [],
    });
  });

  it.each([
    ['REQUIRED', true],
    ['OPTIONAL', undefined],
  ])('with `presence: %s`', (presence, isRequired) => {
    const [policy] = mustLoad(jwtRule(`{ issuer: i, presence: ${presence} }`)).requestAuthentication;
    expect(policy?.rules[0]?.isRequired).toBe(isRequired);
  });

  it('write no header for an empty name, which Istio takes', () => {
    const [policy] = mustLoad(jwtRule('{ issuer: i, outputPayloadToHeader: "" }')).requestAuthentication;
    expect(policy?.rules[0]?.outputPayloadToHeader).toBeUndefined();
  });

  it('keep what is written, header names in lower case', () => {
    const [policy] = mustLoad(
      jwtRule(`{ issuer: i, audiences: [a], jwks: '${RSA}', fromHeaders: [{ name: X-Tok, prefix: "T " }],
        fromParams: [p], fromCookies: [c], forwardOriginalToken: true, outputPayloadToHeader: X-P,
        outputClaimToHeaders: [{ header: X-C, claim: a.b }], spaceDelimitedClaims: [s], timeout: 1.5s }`),
    ).requestAuthentication;
    expect(policy?.rules[0]).toMatchObject({
      audiences: ['a'],
      keys: { kind: 'inline', jwks: RSA },
      fromHeaders: [{ name: 'x-tok', prefix: 'T ' }],
      fromParams: ['p'],
      fromCookies: ['c'],
      forwardOriginalToken: true,
      outputPayloadToHeader: 'x-p',
      outputClaimToHeaders: [{ header: 'x-c', claim: 'a.b' }],
      spaceDelimitedClaims: ['s'],
    });
  });

  it('of all policies that attach are joined and sorted by issuer', () => {
    const set = compilePolicies(
      mustLoad(
        [
          requestAuthentication('{ jwtRules: [{ issuer: c }, { issuer: a }] }', 'r1'),
          requestAuthentication(
            '{ jwtRules: [{ issuer: a }, { jwksUri: "https://x" }] }',
            'root',
            'istio-system',
          ),
          requestAuthentication(
            '{ selector: { matchLabels: { app: other } }, jwtRules: [{ issuer: b }] }',
            'r2',
          ),
          requestAuthentication('{ jwtRules: [{ issuer: B }] }', 'r0'),
          requestAuthentication('{ jwtRules: [{ issuer: z }] }', 'r3', 'shop'),
        ].join('---\n'),
      ),
      MESH,
    );
    const rules = tokenRulesFor(set, TARGET);
    expect(rules.map((rule) => rule.id)).toEqual([
      'istio-system/root#1',
      'web/r0#0',
      'web/r1#1',
      'istio-system/root#0',
      'web/r1#0',
    ]);
    expect(tokenRulesFor(set, TARGET)).toBe(rules);
    expect(tokenRulesFor(set, { ...TARGET, labels: new Map(TARGET.labels) })).toBe(rules);
    expect(tokenRulesFor(set, { ...TARGET, namespace: 'shop' })).not.toBe(rules);
    expect(policyCount(set)).toEqual({ authorization: 0, requestAuthentication: 5, peerAuthentication: 0 });
  });

  it('share the key sets of equal sources', () => {
    const set = compilePolicies(
      mustLoad(
        jwtRule(`{ issuer: a, jwks: '${RSA}' }, { issuer: b, jwks: '${RSA}' }, { issuer: c, jwksUri: "https://x" },
          { issuer: d, jwksUri: "https://x" }, { issuer: e, jwksUri: "https://y" }, { issuer: "https://x" }`),
      ),
      MESH,
    );
    const ids = tokenRulesFor(set, TARGET).map((rule) => rule.keys.keySetId);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(new Set(ids).size).toBe(4);
    expect(keySetSources(set).map((source) => source.kind)).toEqual(['inline', 'uri', 'uri', 'discovery']);
  });
});

describe('a PeerAuthentication', () => {
  it.each([
    ['{ mtls: { mode: MUTUAL } }', 'ERR_MANIFEST_SHAPE mtls.mode'],
    ['{ mtls: null }', 'ERR_MANIFEST_SHAPE mtls'],
    ['{ targetRefs: [] }', 'ERR_MANIFEST_UNKNOWN_FIELD targetRefs'],
    ['{ portLevelMtls: { 80: { mode: STRICT } } }', 'ERR_POLICY_PORT_MTLS portLevelMtls'],
    ['{ selector: {}, portLevelMtls: { 80: { mode: STRICT } } }', 'ERR_POLICY_PORT_MTLS portLevelMtls'],
    ['{ selector: { matchLabels: { a: b } }, portLevelMtls: {} }', 'ERR_POLICY_PORT_MTLS portLevelMtls'],
    [
      '{ selector: { matchLabels: { a: b } }, portLevelMtls: { 80: {}, 0: {} } }',
      'ERR_POLICY_PORT_MTLS portLevelMtls["0"]',
    ],
    [
      '{ selector: { matchLabels: { a: b } }, portLevelMtls: { 80: {}, 65536: {} } }',
      'ERR_POLICY_PORT_MTLS portLevelMtls["65536"]',
    ],
    [
      '{ selector: { matchLabels: { a: b } }, portLevelMtls: { 80: {}, __proto__: {} } }',
      'ERR_POLICY_PORT_MTLS portLevelMtls.__proto__',
    ],
    [
      '{ selector: { matchLabels: { a: b } }, portLevelMtls: { 80: { mode: X } } }',
      'ERR_MANIFEST_SHAPE portLevelMtls["80"].mode',
    ],
  ])('is refused: case %#', (spec, expected) => {
    expect(errors(peerAuthentication(spec))).toContain(expected);
  });

  it('gives each port its mode', () => {
    const set = compilePolicies(
      mustLoad(
        peerAuthentication('{ mtls: { mode: STRICT } }') +
          '---\n' +
          peerAuthentication(
            '{ selector: { matchLabels: { app: orders } }, mtls: { mode: PERMISSIVE }, portLevelMtls: { 1: { mode: DISABLE }, 2: {} } }',
            'orders',
          ),
      ),
      MESH,
    );
    expect([1, 2, 3, undefined].map((port) => peerModeFor(set, TARGET, port))).toEqual([
      'DISABLE',
      'PERMISSIVE',
      'PERMISSIVE',
      'PERMISSIVE',
    ]);
    expect(peerModeFor(set, { ...TARGET, labels: new Map() }, 1)).toBe('STRICT');
    expect(peerModeFor(set, { ...TARGET, namespace: 'shop' }, 1)).toBe('PERMISSIVE');
  });
});
