import { expect, test } from 'vitest';
import type { QuestionHttp } from '../../../src/authz/index.ts';
import { httpQuestion } from '../../../src/providers/http-question.ts';
import { extensionProvidersOption } from '../../../src/providers/options.ts';

const [parsed] = extensionProvidersOption.parse([
  {
    name: 'p',
    envoyExtAuthzHttp: {
      service: 'a',
      port: 1,
      pathPrefix: '/check',
      includeRequestHeadersInCheck: ['x-*', 'te', 'expect', 'host', 'upgrade'],
      includeAdditionalHeadersInCheck: { 'X-Fixed': 'ours', Host: 'not.this' },
    },
  },
]);

function question(changes: Partial<QuestionHttp>) {
  if (parsed?.envoyExtAuthzHttp === undefined) {
    throw new Error('no provider');
  }
  const http = { method: 'GET', host: 'orders', path: '/a', headers: new Map(), body: new Uint8Array() };
  return httpQuestion({ ...http, ...changes }, parsed.envoyExtAuthzHttp);
}

test('headers that belong to a connection, and what the settings fix, are not the client’s to choose', () => {
  const headers = new Map([
    ['x-a', ['1']],
    ['x-fixed', ['theirs']],
    ['te', ['trailers']],
    ['expect', ['100-continue']],
    ['host', ['other']],
    ['upgrade', ['h2c']],
    ['content-length', ['99']],
  ]);
  expect(question({ headers })?.headers).toEqual({
    'x-a': ['1'],
    'x-fixed': 'ours',
    host: 'orders',
    'content-length': '0',
  });
});

test('text goes as its bytes', () => {
  const asked = question({ path: '/ü', headers: new Map([['x-a', ['ü']]]) });
  expect(asked?.path).toBe('/check/Ã¼');
  expect(asked?.headers['x-a']).toEqual(['Ã¼']);
});

test.each([
  ['CONNECT', { method: 'CONNECT', path: '' }],
  ['connect in small letters', { method: 'connect' }],
  ['a method that would be sent as another one', { method: 'Post' }],
  ['a method that is no token', { method: 'GE T' }],
  ['a path with a space', { path: '/a b' }],
  ['a path with a line end', { path: '/a\r\nb: c' }],
])('%s is not asked', (_, changes) => {
  expect(question(changes)).toBeUndefined();
});

test('the target of a whole server', () => {
  expect(question({ method: 'OPTIONS', path: '*' })?.path).toBe('/check*');
});
