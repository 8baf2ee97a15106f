import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { POLICY_DIVERGENCES } from '../../../src/policy/index.ts';
import { authorization, load, requestAuthentication } from './load.ts';

const operation = (field: string, value: string): string =>
  authorization(`{ rules: [{ to: [{ operation: { ${field}: [${JSON.stringify(value)}] } }] }] }`);
const tokenRule = (fields: string): string =>
  requestAuthentication(`{ jwtRules: [{ issuer: i, ${fields} }] }`);
const condition = (key: string, value: string): string =>
  authorization(
    `{ rules: [{ when: [{ key: ${JSON.stringify(key)}, values: [${JSON.stringify(value)}] }] }] }`,
  );
const keySet = (count: number, padding = 0): string => {
  const keys = Array.from({ length: count }, (_, kid) => ({ kty: 'oct', kid: `${kid}`, k: 'c2VjcmV0' }));
  return tokenRule(`jwks: '${JSON.stringify({ keys })}${' '.repeat(padding)}'`);
};
const INLINE = `jwks: '{"keys":[]}'`;

/** Istio's own webhook took each file of a row when it was asked; the codes are those of ours. */
const ROWS: Readonly<Record<string, { readonly code: string; readonly files: readonly string[] }>> = {
  'path-template': {
    code: 'ERR_POLICY_PATH_TEMPLATE',
    files: ['{*}', '{**}', '//{*}', '/{*}//'].map((path) => operation('paths', path)),
  },
  'control-character': {
    code: 'ERR_POLICY_VALUE',
    files: [operation('paths', '/a\tb'), operation('hosts', 'a\u0000'), operation('methods', 'G\nT')],
  },
  'ip-zone': {
    code: 'ERR_POLICY_IP',
    files: [authorization('{ rules: [{ from: [{ source: { ipBlocks: ["fe80::1%eth0"] } }] }] }')],
  },
  'header-name': {
    code: 'ERR_POLICY_TOKEN_RULE',
    files: [
      tokenRule(`${INLINE}, fromHeaders: [{ name: "a b" }]`),
      tokenRule(`${INLINE}, outputPayloadToHeader: "X A"`),
      tokenRule(`${INLINE}, outputPayloadToHeader: ":path"`),
    ],
  },
  'header-condition': {
    code: 'ERR_POLICY_CONDITION',
    files: [authorization('{ rules: [{ when: [{ key: "request.headers[a b]", values: [x] }] }] }')],
  },
  'key-set-size': {
    code: 'ERR_POLICY_JWKS',
    files: [keySet(LIMITS.keySetKeys + 1), keySet(1, LIMITS.keySetBytes)],
  },
  'key-set-null': { code: 'ERR_POLICY_JWKS', files: [tokenRule(`jwks: '{"keys":null}'`)] },
  'trust-domain-condition': {
    code: 'ERR_POLICY_TRUST_DOMAIN',
    files: [condition('source.trustDomain', 'a/b')],
  },
  'empty-name': {
    code: 'ERR_POLICY_CONDITION',
    files: [condition('request.auth.claims[a][]', 'x'), condition('experimental.envoy.filters.[k]', 'x')],
  },
  'empty-value': {
    code: 'ERR_POLICY_EMPTY',
    files: [
      condition('experimental.envoy.filters.a[k]', '[]'),
      tokenRule(`${INLINE}, spaceDelimitedClaims: [""]`),
    ],
  },
};

test.each(POLICY_DIVERGENCES.map(({ id }) => id))('%s', (id) => {
  const row = ROWS[id];
  expect(row?.files.length).toBeGreaterThan(0);
  for (const file of row?.files ?? []) {
    const { value, diagnostics } = load(file);
    expect(value).toBeUndefined();
    expect(diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([
      row?.code,
    ]);
  }
});

test('a key set at its limit is taken', () => {
  expect(load(keySet(LIMITS.keySetKeys)).value).toBeDefined();
});
