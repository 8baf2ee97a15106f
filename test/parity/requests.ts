import fc from 'fast-check';
import type { CertificateName, ParityRequest, PolicyObject } from './case.ts';
import { OWN_PATHS } from './certificates.ts';
import { type Literals, literalsOf, textsAround } from './literals.ts';
import type { ParityMesh } from './mesh.ts';
import { ODD_SUBJECTS } from './odd-subjects.ts';
import { placedTokens } from './request-tokens.ts';
import { type Dimension, subjectsOf } from './subjects.ts';

/** Requests that come near to what the policies of a set compare with. */
export function requestsFor(
  policies: readonly PolicyObject[],
  mesh: ParityMesh,
  count: number,
): fc.Arbitrary<readonly ParityRequest[]> {
  const literals = literalsOf(policies, [...subjectsOf(mesh), ...ODD_SUBJECTS]);
  return fc.array(requestFor(literals, policies, mesh), { minLength: count, maxLength: count });
}

function requestFor(
  literals: Literals,
  policies: readonly PolicyObject[],
  mesh: ParityMesh,
): fc.Arbitrary<ParityRequest> {
  return fc
    .record({
      tls: tls(literals),
      from: fc.constantFrom(
        ...(literals.has('sourceIp') || literals.has('remoteIp') ? ADDRESSES : [ADDRESSES[0]]),
      ),
      to: fc.constantFrom<ParityRequest['to']>('127.0.0.1', '127.0.0.1', '127.0.0.2'),
      port: fc.constantFrom<ParityRequest['port']>('PORT_A', 'PORT_A', 'PORT_B'),
      method: method(literals),
      target: target(literals),
      host: host(literals),
      headers: headers(literals),
      tokens: placedTokens(policies, literals),
      metadata: metadata(literals),
    })
    .map((request) => (mesh.side === 'edge' ? withoutUnderscores(request) : request));
}

const ADDRESSES = ['127.0.0.1', '127.0.0.9', '127.0.0.3'] as const;

/** What `edge` refuses before any filter. */
function withoutUnderscores(request: ParityRequest): ParityRequest {
  return { ...request, headers: request.headers.filter(([name]) => !name.includes('_')) };
}

/** Near the literals of a dimension, or one of the pool. */
function near(literals: Literals, dimension: Dimension, pool: readonly string[]): fc.Arbitrary<string> {
  const around = (literals.get(dimension) ?? []).flatMap(textsAround);
  const usual = fc.constantFrom(...pool);
  return around.length === 0
    ? usual
    : fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...around) }, { weight: 1, arbitrary: usual });
}

function tls(literals: Literals): fc.Arbitrary<ParityRequest['tls']> {
  const names = Object.keys(OWN_PATHS) as (keyof typeof OWN_PATHS)[];
  const certificate = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<CertificateName>('front', 'front', 'cart', 'dots') },
    { weight: 4, arbitrary: fc.constantFrom<CertificateName>(...names) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<CertificateName>('foreign', 'severalUris', 'dnsOnly', 'notSpiffe'),
    },
  );
  const name = near(literals, 'serverName', ['web.example', 'other.example']).map(asServerName);
  const secure = fc.record({
    certificate: literals.has('identity') ? certificate : fc.constantFrom<CertificateName>('front', 'cart'),
    serverName: literals.has('serverName')
      ? fc.oneof({ weight: 6, arbitrary: name }, { weight: 1, arbitrary: fc.constant(undefined) })
      : fc.constantFrom('web.example', undefined),
  });
  const plain = literals.has('identity') || literals.has('serverName') ? 1 : 3;
  return fc.oneof({ weight: 4, arbitrary: secure }, { weight: plain, arbitrary: fc.constant(undefined) });
}

/** What a client can send as SNI, else nothing. */
function asServerName(text: string): string | undefined {
  return /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) && !/^\d+(\.\d+){3}$/.test(text)
    ? text
    : undefined;
}

function method(literals: Literals): fc.Arbitrary<string> {
  return literals.has('method')
    ? fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
    : fc.constantFrom('GET', 'GET', 'POST', 'OPTIONS');
}

function target(literals: Literals): fc.Arbitrary<string> {
  const path = near(literals, 'path', ['/', '/a', '/a/b', '/x/y/cart'])
    .map((text) => (text.startsWith('/') ? text : `/${text}`))
    .map((text) => text.replaceAll(/[^!-~]/g, ''));
  const bent = path.chain((text) =>
    fc.constantFrom(
      text,
      text,
      text,
      `${text}?x=1`,
      `${text}?a=%2F&b`,
      `/.${text}`,
      `/q/..${text}`,
      `/${text}`,
      text.replaceAll('a', '%61'),
      text.replace(/(?!^)\//, '%2f'),
      text.replace(/(?!^)\//, '\\'),
      `${text};v=1`,
      `${text}/`,
      `${text}#f`,
      `${text}%3Fx`,
      `${text}/..`,
    ),
  );
  return literals.has('path') ? bent : path;
}

function host(literals: Literals): fc.Arbitrary<string> {
  return near(literals, 'host', ['a.example', 'a.example', 'b.a.example:8080']).map(
    (text) => text.replaceAll(/[^A-Za-z0-9.:-]/g, '') || 'a.example',
  );
}

function headers(literals: Literals): fc.Arbitrary<ParityRequest['headers']> {
  const lines = [...literals.keys()]
    .filter((dimension) => dimension.startsWith('header:'))
    .map((dimension) => {
      const name = dimension.slice('header:'.length);
      const value = fc.oneof(
        { weight: 6, arbitrary: near(literals, dimension, ['v1', '', 'a,b']) },
        { weight: 1, arbitrary: fc.constant('') },
      );
      return fc
        .array(fc.tuple(fc.constantFrom(name, name.toUpperCase()), value), { maxLength: 2 })
        .map((some) => some as ParityRequest['headers']);
    });
  const forwarded = literals.has('remoteIp')
    ? fc.constantFrom<ParityRequest['headers']>(
        [],
        [['x-forwarded-for', '203.0.113.7']],
        [['x-forwarded-for', '10.0.0.1, 203.0.113.7']],
        [['x-forwarded-for', '203.0.113.7, 10.0.0.1']],
        [['x-forwarded-for', '203.0.113.2,203.0.113.9']],
        [
          ['x-forwarded-for', '203.0.113.9'],
          ['x-forwarded-for', '203.0.113.2'],
        ],
        [['x-forwarded-for', '2001:db8::1']],
        [['x-forwarded-for', 'unknown']],
        [['x-forwarded-for', '203.0.113.7:80']],
        [['x-forwarded-for', '203.0.113.7,']],
      )
    : fc.constant<ParityRequest['headers']>([]);
  const other = fc.constantFrom<ParityRequest['headers']>(
    [],
    [],
    [],
    [],
    [['content-type', 'application/grpc']],
    [
      ['origin', 'https://o.example'],
      ['access-control-request-method', 'GET'],
    ],
    [
      ['x-payload', 'mine'],
      ['x-sub', 'mine'],
      ['X-Role', 'mine'],
    ],
  );
  return fc.tuple(forwarded, other, ...lines).map((groups) => groups.flat());
}

function metadata(literals: Literals): fc.Arbitrary<ParityRequest['metadata']> {
  if (!literals.has('metadata')) {
    return fc.constant(undefined);
  }
  const value = near(literals, 'metadata', ['red', '']);
  return fc.oneof(
    { weight: 5, arbitrary: value },
    { weight: 5, arbitrary: fc.array(value, { maxLength: 2 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant({ unseen: true } as const) },
  );
}
