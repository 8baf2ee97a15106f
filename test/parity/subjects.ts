import type { ParityMesh } from './mesh.ts';

/** What of a request a value is compared with. */
export type Dimension =
  | 'identity'
  | 'host'
  | 'method'
  | 'path'
  | 'port'
  | 'sourceIp'
  | 'remoteIp'
  | 'destinationIp'
  | 'serverName'
  | 'token'
  | 'metadata'
  | `header:${string}`;

/** A field of `source` or `operation`, or the key of a condition, with values of each form it can have. */
export interface Subject {
  readonly name: string;
  readonly place: 'source' | 'operation' | 'when';
  readonly dimension: Dimension;
  readonly forms: Readonly<Record<string, readonly string[]>>;
}

export function subjectsOf({ trustDomain, aliases }: ParityMesh): readonly Subject[] {
  const domain = trustDomain;
  const principals = {
    exact: [
      `${domain}/ns/web/sa/front`,
      `${aliases[0] ?? 'cluster.local'}/ns/web/sa/front`,
      'cluster.local/ns/shop/sa/cart',
      `${domain}/ns/a.b/sa/c.d`,
    ],
    prefix: [`${domain}/ns/web/*`, `${domain}/ns/web/sa/front*`, `${domain}/ns/s*`],
    suffix: ['*/sa/front', '*/ns/shop/sa/cart', `*${domain.slice(-3)}/ns/web/sa/front`],
    presence: ['*'],
  };
  const namespaces = {
    exact: ['web', 'shop', 'a.b'],
    prefix: ['w*', 'sh*'],
    suffix: ['*b', '*op'],
    presence: ['*'],
    middle: ['w*b', 's*p'],
  };
  const serviceAccounts = { bare: ['front', 'cart'], qualified: ['web/front', 'shop/cart', 'a.b/c.d'] };
  const trustDomains = {
    exact: [domain, 'td9'],
    prefix: [`${domain.slice(0, 2)}*`],
    suffix: [`*${domain.slice(-2)}`],
    presence: ['*'],
  };
  const requestPrincipals = {
    exact: ['https://i/alice', 'i/alice', 'https://i//alice'],
    prefix: ['https://i/al*', 'https://i/*', 'https*'],
    suffix: ['*/alice', '*i/alice', '*ice'],
    presence: ['*'],
  };
  const ranges = (ip: readonly string[], cidr: readonly string[]) => ({ ip, cidr });
  const sourceIps = ranges(['127.0.0.1', '127.0.0.9'], ['127.0.0.8/29', '127.0.0.0/30']);
  const remoteIps = ranges(
    ['203.0.113.7', '127.0.0.1', '2001:db8::1'],
    ['203.0.113.0/29', '127.0.0.0/8', '2001:db8::/32'],
  );
  const source = (name: string, dimension: Dimension, forms: Subject['forms']): Subject => ({
    name,
    place: 'source',
    dimension,
    forms,
  });
  const operation = (name: string, dimension: Dimension, forms: Subject['forms']): Subject => ({
    name,
    place: 'operation',
    dimension,
    forms,
  });
  const when = (name: string, dimension: Dimension, forms: Subject['forms']): Subject => ({
    name,
    place: 'when',
    dimension,
    forms,
  });
  const ports = { exact: ['PORT_A', 'PORT_B', '1'] };
  return [
    source('principals', 'identity', principals),
    source('namespaces', 'identity', namespaces),
    source('serviceAccounts', 'identity', serviceAccounts),
    source('trustDomains', 'identity', trustDomains),
    source('requestPrincipals', 'token', requestPrincipals),
    source('ipBlocks', 'sourceIp', sourceIps),
    source('remoteIpBlocks', 'remoteIp', remoteIps),
    operation('hosts', 'host', {
      exact: ['A.Example', 'b.EXAMPLE', 'a.example:8080'],
      prefix: ['A.ex*', 'a.example:*'],
      suffix: ['*.Example', '*b.EXAMPLE', '*:8080'],
      presence: ['*'],
    }),
    operation('methods', 'method', {
      exact: ['GET', 'POST', 'get'],
      prefix: ['P*', 'PO*'],
      suffix: ['*T', '*ET'],
      presence: ['*'],
    }),
    operation('paths', 'path', {
      exact: ['/a', '/a/b', '/A', '/a/*', '/a//b', '/a%2Fb'],
      prefix: ['/a*', '/a/*', '/a/b/*'],
      suffix: ['*/b', '*.json', '*b/'],
      presence: ['*'],
      template: ['/a/{*}', '/a/{*}/c', '/{*}/b', '/a/{*}/'],
      rest: ['/a/{**}', '/x/{**}/cart', '/{*}/{**}'],
    }),
    operation('ports', 'port', ports),
    when('source.ip', 'sourceIp', sourceIps),
    when('remote.ip', 'remoteIp', remoteIps),
    when('source.namespace', 'identity', namespaces),
    when('source.principal', 'identity', principals),
    when('source.serviceAccount', 'identity', serviceAccounts),
    when('source.trustDomain', 'identity', trustDomains),
    when('request.auth.principal', 'token', requestPrincipals),
    when('request.auth.audiences', 'token', texts('shop')),
    when('request.auth.presenter', 'token', texts('app1')),
    when('request.auth.claims[role]', 'token', texts('admin')),
    when('request.auth.claims[a][b]', 'token', texts('deep.x')),
    when('request.auth.claims[scope]', 'token', texts('read')),
    when('request.headers[X-A]', 'header:x-a', { ...texts('v1,x'), presence: ['*'] }),
    when('request.headers[x-b]', 'header:x-b', texts('Val')),
    when('destination.ip', 'destinationIp', ranges(['127.0.0.1', '127.0.0.2'], ['127.0.0.2/31', '::/0'])),
    when('destination.port', 'port', ports),
    when('connection.sni', 'serverName', {
      exact: ['web.example', 'Web.Example'],
      prefix: ['web.*', 'we*'],
      suffix: ['*.example', '*b.example'],
      presence: ['*'],
    }),
    when('experimental.envoy.filters.http.x[k]', 'metadata', {
      ...texts('blue'),
      listExact: ['[blue]'],
      listPrefix: ['[bl*]'],
      listSuffix: ['[*ue]'],
      listPresence: ['[*]'],
    }),
  ];
}

function texts(text: string): Subject['forms'] {
  return {
    exact: [text, `${text}*x`],
    prefix: [`${text.slice(0, 2)}*`, `${text}*`],
    suffix: [`*${text.slice(1)}`, `*${text}`],
    presence: ['*'],
  };
}

/** `notPaths` is the twin of `paths`. */
export function twinOf(name: string): string {
  return `not${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
