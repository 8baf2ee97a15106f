import { describe, expect, it } from 'vitest';
import { formatDiagnostic, LIMITS } from '../../../src/base/index.ts';
import { loadSettings } from '../../../src/config/index.ts';

const GOOD = `
trustDomain: example.org
listeners:
  authz:
    - { address: 127.0.0.1:9191, profile: gateway }
  agents:
    - { name: orders, address: 'unix:run/orders.sock', mode: "0660", owner: "101" }
policies: [./policies]
workloads: [./workloads]
entries: [/etc/sallyport/entries]
profiles: { gateway: { numTrustedProxies: 1 }, edge: { like: gateway, trustXfcc: true } }
ca: { svidTtl: 1h30m }
keys: { caFiles: [{ origin: 'https://id.example.org', file: certs/id.pem }] }
`;

function load(text: string) {
  return loadSettings({ path: '/srv/sallyport/sallyport.yaml', text });
}

/** `code line:column path`, what a program would look at. */
function problems(text: string): readonly string[] {
  return load(text).diagnostics.map(
    ({ code, line, column, path }) => `${code} ${line}:${column}${path === '' ? '' : ` ${path}`}`,
  );
}

describe('loadSettings', () => {
  it('fills in every default and resolves paths against the folder of the file', () => {
    const { value, diagnostics } = load(GOOD);
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({
      trustDomain: 'example.org',
      trustDomainAliases: [],
      rootNamespace: 'istio-system',
      stateDir: '/srv/sallyport/state',
      policies: ['/srv/sallyport/policies'],
      workloads: ['/srv/sallyport/workloads'],
      entries: ['/etc/sallyport/entries'],
      allowNoPolicies: false,
      ca: { keyType: 'ec-p256', svidTtl: { millis: 5_400_000, seconds: 5400 }, backdate: { millis: 10_000 } },
      keys: {
        caFiles: [{ origin: 'https://id.example.org', file: '/srv/sallyport/certs/id.pem' }],
        allowCidrs: [],
      },
      log: { level: 'info', decisions: true },
    });
    expect(value?.listeners).toMatchObject({
      authz: [{ name: 'authz-1', address: { kind: 'tcp', host: '127.0.0.1', port: 9191 }, insecure: false }],
      agents: [
        {
          name: 'orders',
          address: { kind: 'unix', path: '/srv/sallyport/run/orders.sock' },
          mode: 0o660,
          owner: { uid: 101, gid: undefined },
        },
      ],
      admin: { address: { kind: 'tcp', host: '127.0.0.1', port: 9180 } },
    });
  });

  it('has a complete profile for every kind, and for what is like one', () => {
    const profiles = load(GOOD).value?.profiles;
    expect([...(profiles?.keys() ?? [])]).toEqual([
      'sidecar',
      'gateway',
      'waypoint',
      'cilium',
      'plain',
      'edge',
    ]);
    expect(profiles?.get('gateway')).toMatchObject({
      kind: 'gateway',
      numTrustedProxies: 1,
      trustXfcc: false,
    });
    expect(profiles?.get('edge')).toMatchObject({ kind: 'gateway', numTrustedProxies: 0, trustXfcc: true });
    expect(profiles?.get('plain')).toMatchObject({ pathNormalization: 'NONE', cannotDecide: 'deny503' });
  });

  it.each([
    ['deny503', 0],
    ['deny401', 0],
    ['errorResponse', 1],
    ['unavailable', 1],
  ])('warns of a profile that may let requests pass without a verdict: %s', (cannotDecide, warnings) => {
    const { value, diagnostics } = load(
      GOOD.replace('trustXfcc: true', `trustXfcc: true, cannotDecide: ${cannotDecide}`),
    );
    expect(value?.profiles.get('edge')).toMatchObject({ cannotDecide });
    expect(diagnostics).toHaveLength(warnings);
    for (const diagnostic of diagnostics) {
      expect(diagnostic).toMatchObject({
        code: 'ERR_LINT_CANNOT_DECIDE',
        severity: 'warning',
        path: 'profiles.edge.cannotDecide',
      });
    }
  });

  it('tells of every problem at once, in the order of the file', () => {
    const text = `
trustDomian: example.org
listeners:
  authz:
    - { address: localhost:9191, profil: sidecar }
    - { address: 127.0.0.1:9192, profile: gatewy }
ca: { svidTtl: 1 hour }
keys: { allowCidrs: [10.0.0.0/99] }
log: { level: loud }
`;
    expect(problems(text)).toEqual([
      'ERR_MANIFEST_UNKNOWN_FIELD 2:1 trustDomian',
      'ERR_LISTEN_ADDRESS 5:18 listeners.authz[0].address',
      'ERR_MANIFEST_UNKNOWN_FIELD 5:34 listeners.authz[0].profil',
      'ERR_DURATION 7:16 ca.svidTtl',
      'ERR_KEYS_CIDR 8:22 keys.allowCidrs[0]',
      'ERR_MANIFEST_SHAPE 9:15 log.level',
    ]);
  });

  it.each([
    ['trustDomian: example.org', 'did you mean `trustDomain`?'],
    ['polices: []', 'did you mean `policies`?'],
    ['ca: { svidTTL: 1h }', 'did you mean `svidTtl`?'],
    ['profiles: { sidecar: { trustXFCC: true } }', 'did you mean `trustXfcc`?'],
    ['listeners: { agent: [] }', 'did you mean `agents`?'],
    ['listeners: { admin: { adress: 1 } }', 'did you mean `address`?'],
  ])('names the nearest known key for `%s`', (text, hint) => {
    const unknown = load(text).diagnostics.filter(({ code }) => code === 'ERR_MANIFEST_UNKNOWN_FIELD');
    expect(unknown.map((diagnostic) => diagnostic.hint)).toEqual([hint]);
  });

  it.each([
    ['', 'ERR_MANIFEST_EMPTY 1:1'],
    ['- a', 'ERR_MANIFEST_SHAPE 1:1'],
    ['a: [', 'ERR_MANIFEST_YAML'],
    ['trustDomain: a\ntrustDomain: b', 'ERR_MANIFEST_DUPLICATE_KEY'],
  ])('refuses %j as a whole', (text, problem) => {
    expect(load(text).value).toBeUndefined();
    expect(problems(text).join('\n')).toContain(problem);
  });
});

/** A file in order but for what is written in `listeners` and below. */
function withListeners(listeners: string, more = ''): string {
  return `trustDomain: example.org\nallowNoPolicies: true\nlisteners: ${listeners}\n${more}`;
}

describe('listeners', () => {
  it.each([
    ['{ authz: [{ address: 127.0.0.1:1 }] }'],
    ['{ authz: [{ address: 127.8.9.1:1 }] }'],
    ['{ authz: [{ address: "[::1]:1" }] }'],
    ['{ authz: [{ address: "unix:///run/a.sock" }] }'],
    ['{ authz: [{ address: 0.0.0.0:1, insecure: true }] }'],
    ['{ authz: [{ address: 0.0.0.0:1, allowedSpiffeIds: ["spiffe://example.org/a"] }] }'],
    ['{ agents: [{ name: a, address: 10.0.0.1:1, allowedSpiffeIds: ["spiffe://example.org/a"] }] }'],
    ['{ authz: [{ address: 127.0.0.1:0 }, { address: 127.0.0.1:0 }] }'],
    ['{ agents: [{ name: a, address: "unix:///a", mode: "660", owner: ":7" }] }'],
    ['{ agents: [{ name: a, address: "unix:///a", owner: 101 }] }'],
    ['{ authz: [{ address: 127.0.0.1:1 }], admin: { address: 0.0.0.0:2, insecure: true } }'],
  ])('takes %s', (listeners) => {
    expect(problems(withListeners(listeners))).toEqual([]);
  });

  it.each([
    ['{ authz: [{ address: 0.0.0.0:1 }] }', 'ERR_LISTENER_OPEN', 'authz[0].address'],
    ['{ authz: [{ address: 10.1.2.3:1 }] }', 'ERR_LISTENER_OPEN', 'authz[0].address'],
    ['{ authz: [{ address: "[::]:1" }] }', 'ERR_LISTENER_OPEN', 'authz[0].address'],
    ['{ authz: [{ address: "[::ffff:127.0.0.1]:1" }] }', 'ERR_LISTENER_OPEN', 'authz[0].address'],
    ['{ agents: [{ name: a, address: 0.0.0.0:1 }] }', 'ERR_LISTENER_OPEN', 'agents[0].address'],
    [
      '{ authz: [{ address: 127.0.0.1:1 }], admin: { address: 0.0.0.0:2 } }',
      'ERR_LISTENER_OPEN',
      'admin.address',
    ],
    ['{ authz: [{ address: 127.0.0.1:1, mode: "0660" }] }', 'ERR_LISTENER_OPTIONS', 'authz[0].mode'],
    ['{ authz: [{ address: 127.0.0.1:1, owner: "1" }] }', 'ERR_LISTENER_OPTIONS', 'authz[0].owner'],
    [
      '{ authz: [{ address: "unix:///a", allowedSpiffeIds: ["spiffe://example.org/a"] }] }',
      'ERR_LISTENER_OPTIONS',
      'authz[0].allowedSpiffeIds',
    ],
    [
      '{ authz: [{ address: 0.0.0.0:1, insecure: true, allowedSpiffeIds: ["spiffe://example.org/a"] }] }',
      'ERR_LISTENER_OPTIONS',
      'authz[0].insecure',
    ],
    [
      '{ authz: [{ address: 0.0.0.0:1, allowedSpiffeIds: [] }] }',
      'ERR_MANIFEST_SHAPE',
      'authz[0].allowedSpiffeIds',
    ],
    [
      '{ authz: [{ address: 127.0.0.1:1, allowedSpiffeIds: ["spiffe://other.org/a"] }] }',
      'ERR_LISTENER_OPTIONS',
      'authz[0].allowedSpiffeIds[0]',
    ],
    [
      '{ authz: [{ address: 127.0.0.1:1, allowedSpiffeIds: ["spiffe://example.org"] }] }',
      'ERR_LISTENER_OPTIONS',
      'authz[0].allowedSpiffeIds[0]',
    ],
    [
      '{ authz: [{ address: 127.0.0.1:1, allowedSpiffeIds: ["spiffe://example.org/a/../b"] }] }',
      'ERR_LISTENER_OPTIONS',
      'authz[0].allowedSpiffeIds[0]',
    ],
    ['{ agents: [{ name: a, address: "unix:///a", mode: 660 }] }', 'ERR_MANIFEST_SHAPE', 'agents[0].mode'],
    [
      '{ agents: [{ name: a, address: "unix:///a", mode: "0999" }] }',
      'ERR_LISTENER_OPTIONS',
      'agents[0].mode',
    ],
    [
      '{ agents: [{ name: a, address: "unix:///a", owner: root }] }',
      'ERR_LISTENER_OPTIONS',
      'agents[0].owner',
    ],
    ['{ agents: [{ address: "unix:///a" }] }', 'ERR_MANIFEST_SHAPE', 'agents[0].name'],
    ['{ agents: [{ name: A_b, address: "unix:///a" }] }', 'ERR_MANIFEST_SHAPE', 'agents[0].name'],
    [
      '{ authz: [{ address: 127.0.0.1:1 }, { address: 127.0.0.1:1 }] }',
      'ERR_CONFIG_LISTENER_TWICE',
      'authz[1].address',
    ],
    ['{ authz: [{ address: 127.0.0.1:9180 }] }', 'ERR_CONFIG_LISTENER_TWICE', 'admin'],
    [
      '{ authz: [{ address: "unix:x" }], public: { address: 127.0.0.1:9180 } }',
      'ERR_CONFIG_LISTENER_TWICE',
      'public.address',
    ],
    ['{ public: { address: "unix:///a" } }', 'ERR_LISTENER_OPTIONS', 'public.address'],
    ['{ public: { address: 0.0.0.0:8443 } }', 'ERR_LISTENER_OPEN', 'public.address'],
    [
      '{ public: { address: 0.0.0.0:8443, certificateFile: a.pem } }',
      'ERR_LISTENER_OPTIONS',
      'public.keyFile',
    ],
    [
      '{ public: { address: 0.0.0.0:8443, insecure: true, ownCertificate: true } }',
      'ERR_LISTENER_OPTIONS',
      'public.address',
    ],
    [
      '{ agents: [{ name: a, address: "unix:///a" }, { name: a, address: "unix:///b" }] }',
      'ERR_CONFIG_LISTENER_TWICE',
      'agents[1].name',
    ],
    [
      '{ authz: [{ address: "unix:x" }], agents: [{ name: a, address: "unix:./x" }] }',
      'ERR_CONFIG_LISTENER_TWICE',
      'agents[0].address',
    ],
    ['{ agents: [{ name: a, address: "unix:///a", crl: true }] }', 'ERR_LISTENER_OPTIONS', 'agents[0].crl'],
    ['{}', 'ERR_CONFIG_NO_LISTENER', ''],
    ['{ authz: [{ address: 127.0.0.1:1, profile: sidecart }] }', 'ERR_PROFILE', 'authz[0].profile'],
  ])('refuses %s with %s', (listeners, code, path) => {
    const { value, diagnostics } = load(withListeners(listeners));
    expect(value).toBeUndefined();
    expect(
      diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.path.split('.').slice(1).join('.')]),
    ).toContainEqual([code, path.replace(/^admin$/, 'admin.address')]);
  });

  it('takes a socket path of 107 bytes and refuses one of 108, as written or resolved', () => {
    const absolute = (bytes: number) => `unix://${'/'.padEnd(bytes, 'x')}`;
    const relative = (bytes: number) => `unix:${'x'.repeat(bytes - '/srv/sallyport/'.length)}`;
    const codes = (address: string) =>
      load(withListeners(`{ authz: [{ address: "${address}" }] }`)).diagnostics.map(({ code }) => code);
    expect([absolute(107), relative(107)].map(codes)).toEqual([[], []]);
    expect([absolute(108), relative(108)].map(codes)).toEqual([
      ['ERR_UNIX_PATH_TOO_LONG'],
      ['ERR_UNIX_PATH_TOO_LONG'],
    ]);
  });
});

describe('secrets', () => {
  const text = (secrets: string) =>
    `trustDomain: example.org\nlisteners: { agents: [{ name: a, address: "unix:///a" }] }\nsecrets: [${secrets}]\n`;
  const secret = (name: string, id = 'spiffe://example.org/a') =>
    `{ name: "${name}", file: k, spiffeIds: ["${id}"] }`;

  it('have names of their own, callers, and paths against the folder of the file', () => {
    expect(load(text(secret('key'))).value?.secrets).toEqual([
      { name: 'key', file: '/srv/sallyport/k', spiffeIds: ['spiffe://example.org/a'] },
    ]);
    const codes = (secrets: string) => load(text(secrets)).diagnostics.map(({ code }) => code);
    expect(codes(`${secret('key')}, ${secret('key')}`)).toEqual(['ERR_SDS_SECRET']);
    for (const name of ['default', 'ROOTCA', 'ALL', '*', 'spiffe://example.org/a']) {
      expect(codes(secret(name))).toEqual(['ERR_MANIFEST_SHAPE']);
    }
    const many = (count: number) => Array.from({ length: count }, (_, index) => secret(`k${index}`)).join();
    expect(codes(many(LIMITS.secretFiles))).toEqual([]);
    expect(codes(many(LIMITS.secretFiles + 1))).toEqual(['ERR_MANIFEST_SHAPE']);
    expect(codes('{ name: key, file: k, spiffeIds: [] }')).toEqual(['ERR_MANIFEST_SHAPE']);
    expect(codes(secret('key', 'example.org/a'))).toEqual(['ERR_SPIFFE_ID_SCHEME']);
  });
});

describe('revocation lists', () => {
  const text = (ca: string) =>
    `trustDomain: example.org\nlisteners: { agents: [{ name: a, address: "unix:///a", validator: plain, crl: true }] }\nca: ${ca}\n`;

  it('are for a plain list of CAs, and not for a CA from above, whose old keys are gone', () => {
    expect(problems(text('{}'))).toEqual([]);
    expect(problems(text('{ upstream: { cacerts: ./cacerts } }'))).toEqual([
      'ERR_LISTENER_OPTIONS 2:79 listeners.agents[0].crl',
    ]);
  });
});

describe('ca.jwtIssuer', () => {
  const issuerOf = (text: string) => load(GOOD.replace('svidTtl: 1h30m', `jwtIssuer: "${text}"`));

  it.each(['https://id.example.org', 'https://id.example.org:8443/spiffe/lab', 'https://[::1]'])(
    'takes %s as it is written',
    (text) => {
      expect(issuerOf(text).value?.ca.jwtIssuer).toBe(text);
    },
  );

  it.each([
    'http://id.example.org',
    'https://id.example.org/',
    'https://id.example.org/a/',
    'https://id.example.org:443',
    'https://ID.example.org',
    'https://user@id.example.org',
    'https://id.example.org/a?b',
    'https://id.example.org/a#b',
    'https://id.example.org/a/../b',
    'https://id.example.org/a%20b',
    'id.example.org',
    '',
    `https://id.example.org/${'a'.repeat(1024)}`,
  ])('refuses %s', (text) => {
    expect(issuerOf(text).diagnostics.map(({ code }) => code)).toEqual(['ERR_CA_JWT_ISSUER']);
  });
});

describe('other settings', () => {
  const listening = '{ authz: [{ address: 127.0.0.1:1 }] }';

  it('wants policies where verdicts are given, unless it is said that none are meant', () => {
    expect(problems(`trustDomain: a\nlisteners: ${listening}`)).toEqual([
      'ERR_CONFIG_NO_POLICIES 1:1 policies',
    ]);
    expect(problems(`trustDomain: a\nlisteners: ${listening}\nallowNoPolicies: true`)).toEqual([]);
    expect(problems('trustDomain: a\nlisteners: { agents: [{ name: a, address: "unix:///a" }] }')).toEqual(
      [],
    );
  });

  it.each([
    ['ca: { svidTtl: 24h }', 'ERR_CA_TTL'],
    ['ca: { caTtl: 9y, rootTtl: 8y }', 'ERR_CA_TTL'],
    ['ca: { backdate: 6m }', 'ERR_DURATION'],
    ['ca: { keyType: rsa-1024 }', 'ERR_MANIFEST_SHAPE'],
    ['keys: { refreshMin: 10m }', 'ERR_KEYS_REFRESH'],
    ['keys: { allowCidrs: [nowhere] }', 'ERR_KEYS_CIDR'],
    ['profiles: { edge: {} }', 'ERR_PROFILE'],
    ['profiles: { gateway: { like: sidecar } }', 'ERR_PROFILE'],
    ['profiles: { sidecar: { numTrustedProxies: -1 } }', 'ERR_MANIFEST_SHAPE'],
    ['profiles: { sidecar: { fallbackWorkload: orders } }', 'ERR_MANIFEST_SHAPE'],
    ['rootNamespace: Istio', 'ERR_MANIFEST_SHAPE'],
    ['trustDomainAliases: [Example.org]', 'ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR'],
    ['stateDir: ""', 'ERR_MANIFEST_SHAPE'],
    ['policies: ./policies', 'ERR_MANIFEST_SHAPE'],
  ])('refuses %s with %s', (more, code) => {
    const { value, diagnostics } = load(withListeners(listening, more));
    expect(value).toBeUndefined();
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  });

  it('says where, what and how to mend it in one line', () => {
    const [problem] = load(withListeners('{ authz: [{ address: 0.0.0.0:1 }] }')).diagnostics;
    expect(problem === undefined ? '' : formatDiagnostic(problem)).toBe(
      '/srv/sallyport/sallyport.yaml:3:33: error: listeners.authz[0].address: `0.0.0.0:1` can be reached from other machines, and nothing says who may call (hint: add `allowedSpiffeIds` (mutual TLS), listen on loopback or a Unix socket, or say `insecure: true`) [ERR_LISTENER_OPEN]',
    );
  });
});
