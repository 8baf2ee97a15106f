import { parseTrustDomain } from '../../src/identity/index.ts';
import { readManifests } from '../../src/manifest/index.ts';
import {
  type Attributes,
  compilePolicies,
  loadPolicies,
  type MeshSettings,
  type PolicySet,
  type Target,
} from '../../src/policy/index.ts';

export const MESH: MeshSettings = {
  trustDomain: parseTrustDomain('example.org'),
  trustDomainAliases: [],
  rootNamespace: 'istio-system',
};

/** A kind of rule, and the request that the rule of a number holds for. */
export interface Shape {
  readonly name: string;
  readonly rule: (index: number) => string;
  readonly request: (index: number) => RequestParts;
}

export interface RequestParts {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly principal?: string;
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const operation = (text: string): string => `{ to: [{ operation: { ${text} } }] }`;

/** Those that an index helps. */
export const INDEXED: readonly Shape[] = [
  {
    name: 'exact path',
    rule: (i) => operation(`paths: ["/api/v1/things/${i}"]`),
    request: (i) => ({ path: `/api/v1/things/${i}` }),
  },
  {
    name: 'prefix path',
    rule: (i) => operation(`paths: ["/api/v1/${i}/*"]`),
    request: (i) => ({ path: `/api/v1/${i}/things/7` }),
  },
  {
    name: 'host',
    rule: (i) => operation(`hosts: ["h${i}.example.com"]`),
    request: (i) => ({ host: `h${i}.example.com` }),
  },
  { name: 'method', rule: (i) => operation(`methods: [M${i}]`), request: (i) => ({ method: `M${i}` }) },
  {
    name: 'principal',
    rule: (i) => `{ from: [{ source: { principals: [example.org/ns/web/sa/s${i}] } }] }`,
    request: (i) => ({ principal: `spiffe://example.org/ns/web/sa/s${i}` }),
  },
];

/** Those that have to be looked at one by one. */
export const SCANNED: readonly Shape[] = [
  {
    name: 'suffix path',
    rule: (i) => operation(`paths: ["*/things/${i}.html"]`),
    request: (i) => ({ path: `/api/things/${i}.html` }),
  },
  {
    name: 'CIDR',
    rule: (i) => `{ from: [{ source: { ipBlocks: [10.${i >> 8}.${i & 255}.0/24] } }] }`,
    request: (i) => ({ address: `10.${i >> 8}.${i & 255}.7` }),
  },
  {
    name: 'header',
    rule: (i) => `{ when: [{ key: "request.headers[x-tenant]", values: [t${i}] }] }`,
    request: (i) => ({ headers: { 'x-tenant': `t${i}` } }),
  },
];

/** Istio takes no more rules in one policy. */
const RULES_PER_POLICY = 512;

/** As many policies as the rules need. */
export function policyText(name: string, namespace: string, app: string, rules: readonly string[]): string {
  const texts: string[] = [];
  for (let start = 0; start < rules.length; start += RULES_PER_POLICY) {
    const some = rules.slice(start, start + RULES_PER_POLICY);
    texts.push(`apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}-${start}, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: ${app} } }
  rules:
${some.map((rule) => `    - ${rule}\n`).join('')}`);
  }
  return texts.join('---\n');
}

export function compileText(text: string): PolicySet {
  const manifests = readManifests([{ path: 'bench.yaml', text }]);
  const { value, diagnostics } = loadPolicies(manifests.value ?? [], MESH);
  const [problem] = [...manifests.diagnostics, ...diagnostics];
  if (value === undefined) {
    throw new Error(`policies of the benchmark do not load: ${problem?.message}`);
  }
  return compilePolicies(value, MESH);
}

export function targetOf(namespace: string, app: string): Target {
  return {
    namespace,
    labels: new Map([['app', app]]),
    kind: 'sidecar',
    gatewayName: undefined,
    services: [],
  };
}

export function attributesOf(parts: RequestParts): Attributes {
  const { method = 'GET', host = 'orders', path = '/', address = '192.168.0.1', headers = {} } = parts;
  const { principal = 'spiffe://example.org/ns/web/sa/other' } = parts;
  return {
    transport: 'http',
    source: { principals: [principal], address, remoteAddress: address },
    destination: { address: '10.0.0.9', port: 8080 },
    sni: '',
    http: {
      method,
      host,
      path,
      headers: {
        joined: false,
        lines: (name) => (headers[name] === undefined ? undefined : [headers[name]]),
      },
    },
    token: undefined,
    filterMetadata: new Map(),
  };
}
