import { describe, expect, it } from 'vitest';
import { authorization, load, peerAuthentication, requestAuthentication } from './load.ts';

describe('lint', () => {
  const warnings = (yaml: string) =>
    load(yaml).diagnostics.map(
      ({ severity, code, path }) => `${severity} ${code} ${path.replace(/^spec\.?/, '')}`,
    );
  const rule = (text: string, action = 'ALLOW') => authorization(`{ action: ${action}, rules: [${text}] }`);
  const from = 'rules[0].from[0].source';
  const to = 'rules[0].to[0].operation';

  it.each([
    [
      rule('{ from: [{ source: { principals: ["spiffe://td/x"] } }] }'),
      `ERR_LINT_SPIFFE_SCHEME ${from}.principals[0]`,
    ],
    [
      rule('{ when: [{ key: source.principal, notValues: ["spiffe://td/x"] }] }'),
      'ERR_LINT_SPIFFE_SCHEME rules[0].when[0].notValues[0]',
    ],
    [rule('{ from: [{ source: { principals: ["td/*/x"] } }] }'), `ERR_LINT_INNER_STAR ${from}.principals[0]`],
    [rule('{ to: [{ operation: { paths: ["/a/*/b"] } }] }'), `ERR_LINT_INNER_STAR ${to}.paths[0]`],
    [
      rule('{ from: [{ source: { requestPrincipals: ["*/*"] } }] }'),
      `ERR_LINT_STAR_SLASH_STAR ${from}.requestPrincipals[0]`,
    ],
    [rule('{ to: [{ operation: { hosts: [a.example] } }] }'), `ERR_LINT_HOST_PORT ${to}.hosts[0]`],
    [rule('{ to: [{ operation: { hosts: ["*.example"] } }] }'), `ERR_LINT_HOST_PORT ${to}.hosts[0]`],
    [
      rule('{ to: [{ operation: { hosts: ["https://a.example/"] } }] }'),
      `ERR_LINT_VALUE_NEVER ${to}.hosts[0]`,
    ],
    [
      rule('{ to: [{ operation: { ports: ["1"], paths: [/a] } }, { operation: { paths: [/b] } }] }', 'DENY'),
      'ERR_LINT_DENY_TCP rules[0]',
    ],
    [rule('{ to: [{ operation: { ports: ["1"], paths: [/a] } }] }', 'DENY'), undefined],
    [
      rule('{ from: [{ source: { namespaces: [a] } }], to: [{ operation: { paths: [/a] } }] }', 'DENY'),
      undefined,
    ],
    [rule('{ when: [{ key: "request.headers[a]", values: [b] }] }', 'DENY'), 'ERR_LINT_DENY_TCP rules[0]'],
    [rule('{}', 'DENY'), undefined],
    [rule('{ to: [{ operation: { paths: [/b] } }] }', 'DENY'), 'ERR_LINT_DENY_TCP rules[0]'],
    [rule('{ from: [{ source: { requestPrincipals: [a/b] } }] }', 'DENY'), 'ERR_LINT_DENY_TCP rules[0]'],
    [authorization('{ selector: {} }'), 'ERR_LINT_EMPTY_SELECTOR selector'],
    [rule('{ to: [{ operation: { hosts: [A.example, "a.example:*", "b:80", "c*"] } }] }'), undefined],
    [rule('{ to: [{ operation: { paths: ["/a/{*}", "*a", "/a*"] } }] }'), undefined],
    [
      requestAuthentication(`{ jwtRules: [{ issuer: i, jwks: '{"keys":[{"kty":"oct","k":"x"}]}' }] }`),
      'ERR_LINT_PRIVATE_KEY jwtRules[0].jwks',
    ],
    [
      peerAuthentication('{ selector: { matchLabels: { a: b } } }', 'x', 'istio-system'),
      'ERR_LINT_PEER_IGNORED selector',
    ],
    [
      `${peerAuthentication('{}', 'a')}---\n${peerAuthentication('{}', 'b')}`,
      'ERR_LINT_PEER_TWICE metadata.name',
    ],
  ])('case %#', (yaml, expected) => {
    expect(warnings(yaml)).toEqual(expected === undefined ? [] : [`warning ${expected}`]);
    expect(load(yaml).value).toBeDefined();
  });

  it('warns of a DENY that only says what it spares', () => {
    expect(warnings(rule('{ to: [{ operation: { notPaths: [/x] } }] }', 'DENY')).toSorted()).toEqual([
      'warning ERR_LINT_DENY_TCP rules[0]',
      `warning ERR_LINT_NOT_PATHS ${to}.notPaths`,
    ]);
  });
});
