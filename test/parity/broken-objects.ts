import fc from 'fast-check';
import { jwksOf } from '../fakes/token-issuer.ts';
import type { PolicyObject } from './case.ts';
import { MESHES } from './mesh.ts';
import { anyPolicies, tokenSets } from './policies.ts';

/** An object as somebody might write it, whole or with one or two things wrong with it. */
export interface TriedObject {
  readonly object: unknown;
  /** What was done to it. */
  readonly bends: readonly string[];
}

type Path = readonly (string | number)[];

/** Whole objects of all kinds, then bent in none, one or two places. */
export function triedObjects(): fc.Arbitrary<TriedObject> {
  return wholeObject().chain((object) =>
    fc
      .array(fc.record({ at: fc.nat(10_000), bend: fc.nat(10_000), value: fc.nat(10_000) }), { maxLength: 2 })
      .map((bends) => {
        let bent: unknown = object;
        const names: string[] = [];
        for (const { at, bend, value } of bends) {
          const paths = pathsOf(bent);
          const path = paths[at % paths.length] ?? [];
          const change = changeAt(path, bend, value);
          bent = replaceAt(bent, path, change.make);
          names.push(`${path.join('.')}: ${change.name}`);
        }
        return { object: bent, bends: names };
      }),
  );
}

function wholeObject(): fc.Arbitrary<unknown> {
  const [mesh] = MESHES;
  if (mesh === undefined) {
    throw new Error('no mesh');
  }
  const one = (sets: fc.Arbitrary<readonly PolicyObject[]>) =>
    sets.chain((objects) => fc.constantFrom(...objects)).map(withRealKeys);
  const attachments = fc.constantFrom<object>(
    {},
    { selector: { matchLabels: { app: 'a' } } },
    { targetRefs: [{ kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'g' }] },
    { targetRef: { kind: 'Service', group: 'core', name: 's' } },
    { targetRefs: [{ kind: 'ServiceEntry', group: 'networking.istio.io', name: 's' }] },
  );
  const policy = fc.oneof(one(anyPolicies(mesh)), one(anyPolicies(mesh)), one(tokenSets(mesh)));
  return fc.oneof(
    { weight: 6, arbitrary: policy },
    {
      weight: 2,
      arbitrary: fc.tuple(policy, attachments).map(([object, attachment]) => {
        const { selector: _, ...spec } = object.spec;
        return { ...object, spec: { ...spec, ...attachment } };
      }),
    },
    { weight: 1, arbitrary: peerAuthentication },
    { weight: 1, arbitrary: customPolicy },
  );
}

const customPolicy = fc.record({
  apiVersion: fc.constant('security.istio.io/v1'),
  kind: fc.constant('AuthorizationPolicy'),
  metadata: fc.constant({ name: 'asks', namespace: 'web' }),
  spec: fc.record({
    action: fc.constant('CUSTOM'),
    provider: fc.constant({ name: 'asked' }),
    rules: fc.constantFrom<readonly object[]>(
      [{}],
      [{ to: [{ operation: { paths: ['/a'], notMethods: ['GET'] } }] }],
      [{ from: [{ source: { ipBlocks: ['10.0.0.0/8'] } }] }],
      [{ from: [{ source: { namespaces: ['web'] } }] }],
      [{ when: [{ key: 'request.headers[x]', values: ['a'] }] }],
      [{ when: [{ key: 'request.auth.claims[x]', values: ['a'] }] }],
    ),
  }),
});

const mode = fc.constantFrom('UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT');
const peerAuthentication = fc.record({
  apiVersion: fc.constant('security.istio.io/v1'),
  kind: fc.constant('PeerAuthentication'),
  metadata: fc.constant({ name: 'peers', namespace: 'web' }),
  spec: fc.record(
    {
      selector: fc.constantFrom({ matchLabels: { app: 'a' } }, {}),
      mtls: fc.record({ mode }),
      portLevelMtls: fc.dictionary(fc.constantFrom('80', '8080', '0', '65536', 'a'), fc.record({ mode }), {
        maxKeys: 2,
      }),
    },
    { requiredKeys: [] },
  ),
});

function withRealKeys(object: PolicyObject): PolicyObject {
  const text = JSON.stringify(object).replaceAll(/"JWKS:[^"]*"/g, JSON.stringify(jwksOf('rsa')));
  return JSON.parse(text.replaceAll('PORT_A', '80').replaceAll('PORT_B', '8080')) as PolicyObject;
}

/** Every place in the spec and the annotations. */
function pathsOf(object: unknown): readonly Path[] {
  const walk = (value: unknown, path: Path): readonly Path[] => {
    const entries = Array.isArray(value)
      ? value.map((item, index) => [index, item] as const)
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
        : [];
    return [path, ...entries.flatMap(([name, inner]) => walk(inner, [...path, name]))];
  };
  const whole = object as { readonly spec?: unknown };
  return [...walk(whole.spec, ['spec']), ['metadata', 'annotations']];
}

interface Change {
  readonly name: string;
  /** Undefined takes the place out. */
  readonly make: (value: unknown) => unknown;
}

function changeAt(path: Path, bend: number, value: number): Change {
  const pool = poolFor(path);
  const changes: readonly Change[] = [
    { name: 'gone', make: () => undefined },
    { name: 'an unknown field beside', make: (old) => (isMap(old) ? { ...old, foo: 1 } : 'foo') },
    { name: 'twice', make: (old) => (Array.isArray(old) ? [...old, ...old] : old) },
    { name: 'another shape', make: () => SHAPES[value % SHAPES.length] },
  ];
  const odd = pool[value % pool.length];
  // A value of its own kind most of the time: it gets further.
  return bend % 5 < 3
    ? { name: JSON.stringify(odd)?.slice(0, 60) ?? '', make: () => odd }
    : (changes[bend % changes.length] ?? { name: 'nothing', make: (old) => old });
}

const SHAPES: readonly unknown[] = [
  null,
  [],
  {},
  '',
  0,
  7,
  -1,
  true,
  false,
  'x',
  [null],
  [{}],
  [[]],
  ['x'],
  { a: 'b' },
];

function poolFor(path: Path): readonly unknown[] {
  const name = path.findLast((part) => typeof part === 'string');
  switch (name) {
    case 'annotations':
      return ['true', 'yes', '', 'tRUE', '0', 'F', 1, true].map((value) => ({ 'istio.io/dry-run': value }));
    case 'key':
      return KEYS;
    case 'action':
      return ['ALLOW', 'DENY', 'AUDIT', 'CUSTOM', 'allow', 'LOG', '', 1, 0, 3];
    case 'jwks':
      return KEY_SETS;
    case 'issuer':
      return ['', 'i', 'https://i', ' ', 5];
    case 'fromHeaders':
    case 'outputClaimToHeaders':
      return [
        [{}],
        [{ name: '' }],
        [{ header: '', claim: '' }],
        [{ name: 'x' }],
        [{ header: 'x', claim: 'y' }],
        [{ header: 'x y', claim: 'y' }],
        [{ header: 'x' }],
        [],
      ];
    case 'matchLabels':
      return [
        { '': 'x' },
        { a: '*' },
        { 'a*': 'b' },
        { a: 'x'.repeat(64) },
        { a: 'x'.repeat(63) },
        { a: '' },
        { 'b c': 'd' },
        { a: 1 },
      ];
    case 'mode':
      return ['STRICT', 'strict', 'UNSET', '', 0, 1, 9];
    case 'provider':
      return [{}, { name: '' }, { name: 'asked' }, { name: 5 }, null];
    case 'targetRef':
      return TARGETS;
    case 'targetRefs':
      return TARGETS.map((target) => [target]);
    case 'portLevelMtls':
      return [
        {},
        { 80: {} },
        { 0: { mode: 'STRICT' } },
        { 65536: { mode: 'STRICT' } },
        { x: { mode: 'STRICT' } },
        { '-1': { mode: 'STRICT' } },
      ];
    default:
      return TEXTS;
  }
}

const TARGETS: readonly unknown[] = [
  { kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'g' },
  { kind: 'Gateway', name: 'g' },
  { kind: 'GatewayClass', group: 'gateway.networking.k8s.io', name: 'istio-waypoint' },
  { kind: 'Service', name: 's' },
  { kind: 'Service', group: '', name: '' },
  { kind: 'Service', group: 'core', name: 's', namespace: 'other' },
  { kind: 'service', group: 'core', name: 's' },
  { kind: 'Deployment', group: 'apps', name: 'd' },
  {},
];

const KEYS: readonly unknown[] = [
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.principal',
  'source.serviceAccount',
  'source.trustDomain',
  'source.user',
  'Source.ip',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'request.auth.claims',
  'request.auth.claims[]',
  'request.auth.claims[a',
  'request.auth.claims[a][b]',
  'request.auth.claims[a]b]',
  'request.auth.claims[a][]',
  'request.auth.claims[[a]]',
  'request.headers',
  'request.headers[]',
  'request.headers[x-a]',
  'request.headers[a b]',
  'request.headers[:path]',
  'request.headers[x]y',
  'request.header[x]',
  'destination.ip',
  'destination.port',
  'destination.labels[x]',
  'destination.name',
  'destination.namespace',
  'destination.user',
  'connection.sni',
  'connection.SNI',
  'experimental.envoy.filters.a[k]',
  'experimental.envoy.filters.a.b[k][l]',
  'experimental.envoy.filters.a[]',
  'experimental.envoy.filters.[k]',
  'experimental.envoy.filters.a',
  'experimental.envoy.a[k]',
  '',
  ' ',
  'x',
  5,
];

const KEY_SETS: readonly unknown[] = [
  '',
  ' ',
  '{}',
  '[]',
  'null',
  'x',
  '{"keys":[]}',
  '{"keys":{}}',
  '{"keys":[{}]}',
  '{"keys":[1]}',
  '{"keys":[{"kty":"RSA"}]}',
  '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}',
  '{"keys":[{"kty":"oct"}]}',
  '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}',
  '{"keys":[{"kty":"EC","crv":"P-256"}]}',
  '{"keys":[{"kty":"OKP","crv":"Ed25519"}]}',
  '{"keys":[{"kty":"XXX","x":"AA"}]}',
  '{"keys":[],}',
  '{"keys":null}',
  5,
];

const TEXTS: readonly unknown[] = [
  '',
  '*',
  '**',
  'a*b',
  ' ',
  'a b',
  '*a*',
  '*.x',
  '*/*',
  '/',
  'x/',
  '/x',
  'a/b',
  'a/b/c',
  'ns/*',
  '*/sa',
  'é',
  'a,b',
  '{*}',
  '{**}',
  '//{*}',
  '/{*}//',
  '/a/{*}',
  '/a/{**}',
  '/a/{*}x',
  '/{x}',
  '/{',
  '/a}',
  '/{**}/{*}',
  '/{*}/{**}',
  '/a//{*}',
  '/{***}',
  '/a/{*}/b*',
  '/a/{*}?b',
  '/a b/{*}',
  'a/{*}',
  '1.2.3.4',
  '1.2.3.4/0',
  '1.2.3.4/33',
  '01.2.3.4',
  '1.2.3',
  '1.2.3.4/024',
  '1.2.3.4/',
  '1.2.3.4/-1',
  '1.2.3.4 ',
  '::1',
  '::1/128',
  '::1/129',
  'fe80::1%eth0',
  '::ffff:1.2.3.4/120',
  '::ffff:1.2.3.4',
  '0',
  '80',
  '080',
  '-1',
  '+1',
  '65535',
  '65536',
  '1e3',
  '0x50',
  ' 80',
  '80.0',
  'td*',
  '*td',
  't*d',
  't/d',
  '[x]',
  '[]',
  '[[]]',
  '[*]',
  'spiffe://a/b',
  'a\tb',
  'a\u0000',
  'x'.repeat(320),
  'x'.repeat(330),
  5,
  null,
];

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function replaceAt(value: unknown, path: Path, make: (value: unknown) => unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) {
    return make(value);
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const made = index === name ? replaceAt(item, rest, make) : item;
      return made === undefined ? [] : [made];
    });
  }
  const map = isMap(value) ? value : {};
  const made = replaceAt(map[name], rest, make);
  return Object.fromEntries(
    Object.entries({ ...map, [name]: made }).filter(([, member]) => member !== undefined),
  );
}
