import type { Dimension, Subject } from './subjects.ts';

/**
 * Keys that only sets without a plan use: what Envoy itself writes or takes out, and what the token filter leaves.
 * Coverage does not count them.
 */
export const ODD_SUBJECTS: readonly Subject[] = [
  odd('request.headers[:path]', 'path', ['/a', '/a*', '*x=1', '*', '/a?x=1', '/x/y/cart?*']),
  odd('request.headers[:method]', 'method', ['GET', 'P*', '*']),
  odd('request.headers[:authority]', 'host', ['a.example', '*.example', '*:8080']),
  odd('request.headers[Host]', 'host', ['a.example', 'a*', '*']),
  odd('request.headers[:scheme]', 'identity', ['http', 'https', '*s']),
  odd('request.headers[authorization]', 'token', ['*', 'Bearer *', '*=']),
  odd('request.headers[cookie]', 'token', ['*', 'session=*', 'sid*']),
  odd('request.headers[x-token]', 'token', ['*', 'v=*']),
  odd('request.headers[x-sub]', 'token', ['alice', 'mine', 'al*', '*']),
  odd('request.headers[x-payload]', 'token', ['*', 'mine', 'ey*']),
  odd('request.headers[X-Role]', 'token', ['admin', 'mine', '*']),
  odd('request.headers[x-num]', 'token', ['7', '-5.000000', '1.5*', '*']),
  odd('request.headers[x-flag]', 'token', ['true', 'f*']),
  odd('request.headers[content-type]', 'method', ['application/grpc', '*']),
  odd('request.headers[x-forwarded-for]', 'remoteIp', ['203.0.113.7', '*203.0.113.7', '10.*', '*']),
  odd('request.headers[x-forwarded-proto]', 'identity', ['http', 'https']),
  odd('request.headers[x-forwarded-client-cert]', 'identity', ['*', 'By=*', '*front']),
  odd('request.headers[x-absent]', 'method', ['*', 'x']),
  odd('request.auth.claims[sub]', 'token', ['alice', 'al*', '*']),
  odd('request.auth.claims[iss]', 'token', ['https://i', 'i', '*']),
  odd('request.auth.claims[num]', 'token', ['7', '*']),
  odd('request.auth.claims[flag]', 'token', ['true', '*']),
  odd('request.auth.claims[exp]', 'token', ['*']),
  odd('request.auth.claims[a]', 'token', ['deep.x', '*']),
  odd('request.auth.claims[a.b]', 'token', ['deep.x', '*']),
  odd('request.auth.claims[aud]', 'token', ['shop', '*']),
  odd('request.auth.claims[__proto__]', 'token', ['x', '*']),
  odd('request.auth.claims[a][b][c]', 'token', ['*']),
];

function odd(name: string, dimension: Dimension, values: readonly string[]): Subject {
  return { name, place: 'when', dimension, forms: { any: values } };
}
