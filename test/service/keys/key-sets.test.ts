import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import {
  type AuthenticateOutcome,
  authenticate,
  createTokenCache,
  type TokenRule,
} from '../../../src/jwt/index.ts';
import { createKeyFetch, createKeySets, type KeySets, keysOptions } from '../../../src/keys/index.ts';
import { eventLog } from '../../fakes/events.ts';
import { jwksOf, makeToken, type TestKeyName } from '../../fakes/token-issuer.ts';
import { type RunningServer, serveHttp } from './http-servers.ts';

type Answer = (response: ServerResponse) => void;

const now = () => Math.floor(Date.now() / 1000);

let server: RunningServer;
let sets: KeySets;
let answer: Answer;
let asked: number;
let rules: readonly TokenRule[];
let issuer: string;
const events = eventLog();
const cache = createTokenCache();

function keys(...names: readonly TestKeyName[]): Answer {
  return (response) => response.end(jwksOf(...names));
}

function token(key: TestKeyName): string {
  return makeToken(key, { payload: { iss: issuer, sub: 'alice', exp: now() + 600 } });
}

function judge(text: string): AuthenticateOutcome {
  const headers: Readonly<Record<string, readonly string[]>> = { authorization: [`Bearer ${text}`] };
  return authenticate(
    rules,
    { method: 'GET', path: '/', scheme: 'http', authority: 'h', headerLines: (name) => headers[name] ?? [] },
    sets.view(),
    now(),
    cache,
  );
}

/** As the loop around a decision does: waits once for what is needed, then asks again. */
async function judgeAndWait(text: string, waitMillis = 2000): Promise<string> {
  let outcome = judge(text);
  if (outcome.kind === 'need') {
    await sets.waitFor(outcome.keySetIds, waitMillis).catch(() => {});
    outcome = judge(text);
  }
  return outcome.kind === 'reject' ? outcome.reason : outcome.kind;
}

function until(condition: () => boolean, millis = 8000): Promise<void> {
  return expect.poll(condition, { timeout: millis, interval: 20 }).toBe(true);
}

beforeEach(async () => {
  asked = 0;
  answer = keys('p256');
  server = await serveHttp((request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }));
    } else {
      asked += 1;
      answer(response);
    }
  });
  issuer = `http://127.0.0.1:${server.port}`;
  const options = keysOptions.parse({
    allowHttp: true,
    allowCidrs: ['127.0.0.1'],
    refreshMin: '1s',
    refreshDefault: '1s',
    unknownKeyCooldown: '1s',
  });
  sets = createKeySets({
    options,
    fetch: createKeyFetch(options),
    clock: systemClock,
    random: systemRandom,
    events: events.sink,
  });
  rules = [
    {
      id: 'default/rules#0',
      issuer,
      audiences: [],
      keys: { kind: 'discovery', keySetId: 'set', issuer, timeoutMillis: 500 },
      fromHeaders: [],
      fromParams: [],
      fromCookies: [],
      forwardOriginalToken: false,
      outputPayloadToHeader: undefined,
      outputClaimToHeaders: [],
      spaceDelimitedClaims: [],
    },
  ];
  cache.clear();
});

afterEach(async () => {
  sets.stop();
  await server.close();
});

function use(): void {
  sets.use(rules.map((rule) => rule.keys));
}

describe('keys from a running server', () => {
  it('are waited for at first sight', async () => {
    answer = (response) => void setTimeout(() => keys('p256')(response), 200);
    use();
    expect(judge(token('p256')).kind).toBe('need');
    expect(await judgeAndWait(token('p256'))).toBe('pass');
  });

  it('cannot be decided on while the server is slow, and come when it is done', async () => {
    answer = (response) => void setTimeout(() => keys('p256')(response), 400);
    use();
    expect(await judgeAndWait(token('p256'), 50)).toBe('need');
    await until(() => judge(token('p256')).kind === 'pass');
  });

  it('follow a rotation: the new key works at once, the old one until it is gone', async () => {
    use();
    expect(await judgeAndWait(token('p256'))).toBe('pass');
    answer = keys('p256', 'p384');
    await new Promise((resolve) => setTimeout(resolve, 1050));
    expect(await judgeAndWait(token('p384'))).toBe('pass');
    expect(await judgeAndWait(token('p256'))).toBe('pass');
    answer = keys('p384');
    await until(() => judge(token('p256')).kind === 'reject');
    expect(await judgeAndWait(token('p384'))).toBe('pass');
  });

  it.each<readonly [string, Answer]>([
    ['is away', (response) => response.destroy()],
    ['answers 503', (response) => response.writeHead(503).end(jwksOf('p384'))],
    ['never answers', () => {}],
    ['answers with a page', (response) => response.end('<html>sorry</html>')],
    ['answers with no keys', (response) => response.end('{"keys":[]}')],
    ['answers with half a set', (response) => response.end(jwksOf('p256').slice(0, 50))],
    [
      'answers compressed',
      (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('\x1f\x8b'),
    ],
  ])('go on serving while the server %s', async (_name, broken) => {
    use();
    expect(await judgeAndWait(token('p256'))).toBe('pass');
    answer = broken;
    const before = asked;
    await until(() => asked >= before + 2 && (sets.state()[0]?.failures ?? 0) >= 1);
    expect(await judgeAndWait(token('p256'))).toBe('pass');
    expect(await judgeAndWait(token('p384'))).toBe('token_key_unknown');
    answer = keys('p384');
    await until(() => judge(token('p384')).kind === 'pass');
  });

  it('are asked for once by a thousand requests with unknown keys', async () => {
    use();
    expect(await judgeAndWait(token('p256'))).toBe('pass');
    answer = (response) => void setTimeout(() => keys('p256')(response), 100);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    const before = asked;
    const bad = makeToken('p256Other', { payload: { iss: issuer } });
    const verdicts = await Promise.all(Array.from({ length: 1000 }, () => judgeAndWait(bad)));
    expect(new Set(verdicts)).toEqual(new Set(['token_key_unknown']));
    expect(asked - before).toBeLessThanOrEqual(2);
    expect(await judgeAndWait(token('p256'))).toBe('pass');
  });
});
