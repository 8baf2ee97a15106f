import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { nativeFilters } from '../../../../src/envoy/index.ts';
import { authorization, requestAuthentication } from '../../policy/load.ts';
import { filtersOf, policiesOf } from './native-policies.ts';

const anything = z.array(z.unknown()).default([{ any: true }]);

const rules = z
  .strictObject({
    cases: z.array(
      z.strictObject({
        name: z.string(),
        rule: z.record(z.string(), z.unknown()),
        permissions: anything,
        principals: anything,
      }),
    ),
  })
  .parse(readYaml('rules'));

const tokenRules = z
  .strictObject({
    cases: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(z.unknown()),
        clusters: z.record(z.string(), z.string()).default({}),
        providers: z.unknown(),
        requires: z.unknown(),
      }),
    ),
  })
  .parse(readYaml('token-rules'));

function readYaml(name: string): unknown {
  return parse(readFileSync(`test/vectors/envoy/${name}.yaml`, 'utf8'));
}

const HTTP = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';
const NETWORK = 'type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC';
const ANY = { permissions: [{ any: true }], principals: [{ any: true }] };

function policy(action: string, name: string, rest = 'rules: [{}]'): string {
  return `${authorization(`{ action: ${action}, ${rest} }`, name, 'shop')}---\n`;
}

function dryRun(text: string): string {
  return text.replaceAll('metadata: { ', 'metadata: { annotations: { istio.io/dry-run: "true" }, ');
}

it('has nothing for CUSTOM, and says so instead of leaving it out', () => {
  const custom = policy('CUSTOM', 'ask', 'provider: { name: opa }, rules: [{}]');
  for (const transport of ['http', 'tcp'] as const) {
    expect(() => filtersOf(custom + policy('DENY', 'closed'), transport)).toThrow(
      expect.objectContaining({ code: 'ERR_ENVOY_CUSTOM', message: expect.stringContaining('`opa`') }),
    );
  }
});

describe('a rule', () => {
  it.each(rules.cases)('$name', ({ rule, permissions, principals }) => {
    const filters = filtersOf(authorization(JSON.stringify({ rules: [rule] }), 'p', 'shop'));
    expect(filters).toEqual([
      {
        name: 'envoy.filters.http.rbac',
        typed_config: {
          '@type': HTTP,
          rules: { action: 'ALLOW', policies: { 'ns[shop]-policy[p]-rule[0]': { permissions, principals } } },
        },
      },
    ]);
  });
});

describe('token rules', () => {
  it.each(tokenRules.cases)('$name', ({ rules: jwtRules, clusters, providers, requires }) => {
    const yaml = requestAuthentication(JSON.stringify({ jwtRules }), 'r', 'shop');
    expect(filtersOf(yaml, 'http', new Map(Object.entries(clusters)))).toEqual([
      {
        name: 'envoy.filters.http.jwt_authn',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
          providers,
          rules: [{ match: { prefix: '/' }, requires }],
          bypass_cors_preflight: true,
        },
      },
    ]);
  });

  it('have no place on TCP', () => {
    const yaml = requestAuthentication('{ jwtRules: [{ issuer: a, jwksUri: "https://a/" }] }', 'r', 'shop');
    expect(filtersOf(yaml, 'tcp')).toEqual([]);
  });

  it.each([
    ['a URI without a cluster', '{ issuer: a, jwksUri: "https://a/jwks" }', 'https://a/jwks'],
    ['discovery', '{ issuer: "https://a" }', 'issuer'],
  ])('that Envoy cannot have the keys of are refused: %s', (_, rule, says) => {
    const yaml = requestAuthentication(`{ jwtRules: [${rule}] }`, 'r', 'shop');
    expect(() => filtersOf(yaml)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENVOY_KEY_SET',
        message: expect.stringMatching(new RegExp(`\`shop/r#0\`.*${says}`)),
        hint: expect.stringContaining('jwks'),
      }),
    );
  });
});

describe('the filters of a workload', () => {
  it('are none without policies', () => {
    expect(filtersOf('')).toEqual([]);
  });

  it('stand in the order of Envoy: tokens, AUDIT, DENY, ALLOW', () => {
    const yaml = `${policy('ALLOW', 'a')}${policy('AUDIT', 'l')}${policy('DENY', 'd')}${requestAuthentication(
      '{ jwtRules: [{ issuer: i, jwks: \'{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}\' }] }',
      'r',
      'shop',
    )}`;
    const [tokens, ...others] = filtersOf(yaml);
    expect(tokens).toMatchObject({ name: 'envoy.filters.http.jwt_authn' });
    expect(others).toEqual(
      [
        ['LOG', 'l'],
        ['DENY', 'd'],
        ['ALLOW', 'a'],
      ].map(([action, name]) => ({
        name: 'envoy.filters.http.rbac',
        typed_config: {
          '@type': HTTP,
          rules: { action, policies: { [`ns[shop]-policy[${name}]-rule[0]`]: ANY } },
        },
      })),
    );
  });

  it('deny everything for an ALLOW without rules', () => {
    const filters = filtersOf(authorization('{}', 'p', 'shop'));
    expect(filters).toMatchObject([{ typed_config: { rules: { action: 'ALLOW', policies: {} } } }]);
  });

  it('enforce nothing of a dry run', () => {
    const yaml = dryRun(`${policy('ALLOW', 'a')}${policy('DENY', 'd')}`);
    expect(filtersOf(yaml)).toEqual(
      [
        ['DENY', 'd', 'istio_dry_run_deny_'],
        ['ALLOW', 'a', 'istio_dry_run_allow_'],
      ].map(([action, name, prefix]) => ({
        name: 'envoy.filters.http.rbac',
        typed_config: {
          '@type': HTTP,
          shadow_rules: { action, policies: { [`ns[shop]-policy[${name}]-rule[0]`]: ANY } },
          shadow_rules_stat_prefix: prefix,
        },
      })),
    );
  });

  it('hold the dry run of an action beside its enforced rules', () => {
    const [filter] = filtersOf(`${policy('DENY', 'd')}${dryRun(policy('DENY', 'e'))}`);
    expect(filter).toMatchObject({
      typed_config: {
        rules: { policies: { 'ns[shop]-policy[d]-rule[0]': ANY } },
        shadow_rules: { policies: { 'ns[shop]-policy[e]-rule[0]': ANY } },
      },
    });
  });

  it('find the caller in filter state where mutual TLS ended before', () => {
    const policies = policiesOf(
      authorization(
        '{ rules: [{ from: [{ source: { principals: ["a/b"], notNamespaces: [n] } }] }] }',
        'p',
        'shop',
      ),
    );
    const [filter] = nativeFilters({ policies, transport: 'http', peerIdentity: 'filter-state' });
    const key = 'io.istio.peer_principal';
    expect(filter).toMatchObject({
      typed_config: {
        rules: {
          policies: {
            'ns[shop]-policy[p]-rule[0]': {
              principals: [
                {
                  and_ids: {
                    ids: [
                      {
                        or_ids: { ids: [{ filter_state: { key, string_match: { exact: 'spiffe://a/b' } } }] },
                      },
                      {
                        not_id: {
                          or_ids: {
                            ids: [
                              {
                                filter_state: { key, string_match: { safe_regex: { regex: '.*/ns/n/.*' } } },
                              },
                            ],
                          },
                        },
                      },
                    ],
                  },
                },
              ],
            },
          },
        },
      },
    });
  });

  it('judge connections by what is left of the rules there', () => {
    const http = 'rules: [{ to: [{ operation: { ports: ["80"], paths: [/a] } }] }]';
    expect(filtersOf(`${policy('ALLOW', 'a', http)}${policy('DENY', 'd', http)}`, 'tcp')).toEqual([
      {
        name: 'envoy.filters.network.rbac',
        typed_config: {
          '@type': NETWORK,
          stat_prefix: 'tcp.',
          rules: {
            action: 'DENY',
            policies: {
              'ns[shop]-policy[d]-rule[0]': {
                permissions: [
                  { and_rules: { rules: [{ or_rules: { rules: [{ destination_port: 80 }] } }] } },
                ],
                principals: [{ any: true }],
              },
            },
          },
        },
      },
      {
        name: 'envoy.filters.network.rbac',
        typed_config: { '@type': NETWORK, stat_prefix: 'tcp.', rules: { action: 'ALLOW', policies: {} } },
      },
    ]);
  });
});
