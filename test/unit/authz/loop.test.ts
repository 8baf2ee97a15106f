import { describe, expect, test } from 'vitest';
import { type Answer, answerCheck, type CheckCall, type Snapshot } from '../../../src/authz/index.ts';
import type { KeySetState } from '../../../src/jwt/index.ts';
import { type FakeClock, fakeClock } from '../../fakes/clock.ts';
import {
  attributesOf,
  callOf,
  decodeReply,
  encodeCheck,
  inline,
  NOW_SECONDS,
  profileOf,
  snapshotOf,
  tokenIssuer,
} from './bed.ts';

const issuer = await tokenIssuer();
const token = await issuer.sign({ iss: 'https://i', sub: 'ann', exp: NOW_SECONDS + 60 });
const RULES = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: users }
spec: { jwtRules: [{ issuer: 'https://i', jwksUri: 'https://i/keys' }] }
`;

interface Bench {
  readonly clock: FakeClock;
  readonly asked: { readonly ids: readonly string[]; readonly waitMillis: number }[];
  readonly snapshot: Snapshot;
  arrive(state: KeySetState): void;
  answer(call: CheckCall, deadlineMillis?: number): Answer | Promise<Answer>;
}

/** Keys arrive when the test says so. */
function bench(waitForKeys?: () => Promise<void>): Bench {
  const clock = fakeClock(NOW_SECONDS * 1000);
  const fetched = new Map<string, KeySetState>();
  const snapshot = snapshotOf({ policies: RULES, fetched });
  const asked: { ids: readonly string[]; waitMillis: number }[] = [];
  const waiting: (() => void)[] = [];
  return {
    clock,
    asked,
    snapshot,
    arrive(state) {
      for (const id of asked.flatMap(({ ids }) => ids)) {
        fetched.set(id, state);
      }
      for (const resolve of waiting.splice(0)) {
        resolve();
      }
    },
    answer: (call, deadlineMillis = NOW_SECONDS * 1000 + 200) =>
      answerCheck(call, snapshot, {
        clock,
        deadlineMillis,
        waitForKeys: (ids, waitMillis) => {
          asked.push({ ids, waitMillis });
          return waitForKeys?.() ?? new Promise((resolve) => waiting.push(resolve));
        },
      }),
  };
}

function withToken(changes: object = {}): CheckCall {
  return callOf(encodeCheck(attributesOf({ headers: { authorization: `Bearer ${token}` } })), {
    profile: profileOf('sidecar', changes),
  });
}

test('nothing is waited for when nothing is missing', () => {
  const { answer, asked } = bench();
  expect(answer(callOf(encodeCheck(attributesOf())))).not.toBeInstanceOf(Promise);
  expect(asked).toEqual([]);
});

describe('keys never seen', () => {
  test('are waited for, and the call is judged again', async () => {
    const { answer, asked, arrive } = bench();
    const pending = answer(withToken());
    expect(asked).toEqual([{ ids: [expect.any(String)], waitMillis: 180 }]);
    arrive(inline(issuer.jwks));
    expect((await pending).record).toMatchObject({ effect: 'allow', reason: 'allowed_no_policy' });
  });

  test('that turn out unusable are a token failure', async () => {
    const { answer, arrive } = bench();
    const pending = answer(withToken());
    arrive({ state: 'unusable' });
    expect((await pending).record).toMatchObject({ effect: 'deny', reason: 'token_keys_unusable' });
  });

  test.each([
    ['deny503', 'denied_response', 14, 'ServiceUnavailable'],
    ['deny401', 'denied_response', 16, 'Unauthorized'],
    ['errorResponse', 'error_response', 14, 'ServiceUnavailable'],
  ])('that do not come in time: %s', async (cannotDecide, kind, code, httpStatus) => {
    const { answer, clock } = bench();
    const pending = answer(withToken({ cannotDecide }));
    await clock.advance(180);
    const { record, ...reply } = await pending;
    expect(record).toMatchObject({
      effect: 'undecided',
      reason: 'keys_unavailable',
      destination: 'shop/orders',
    });
    expect(reply.kind === 'reply' && decodeReply(reply.bytes)).toMatchObject({
      http_response: kind,
      status: { code },
      [kind]: { status: { code: httpStatus } },
    });
    expect(clock.nowMillis()).toBeLessThan(NOW_SECONDS * 1000 + 200);
  });

  test('that do not come in time: unavailable', async () => {
    const { answer, clock } = bench();
    const pending = answer(withToken({ cannotDecide: 'unavailable' }));
    await clock.advance(180);
    expect(await pending).toMatchObject({ kind: 'unavailable', record: { reason: 'keys_unavailable' } });
  });

  test('are not waited for longer than the profile says', async () => {
    const { answer, asked, clock } = bench();
    const pending = answer(withToken({ waitMax: '50ms' }), Number.POSITIVE_INFINITY);
    expect(asked[0]?.waitMillis).toBe(50);
    await clock.advance(50);
    expect((await pending).record.reason).toBe('keys_unavailable');
  });

  test('are not waited for after the deadline', async () => {
    const { answer, asked } = bench();
    expect((await answer(withToken(), NOW_SECONDS * 1000)).record.reason).toBe('keys_unavailable');
    expect(asked).toEqual([]);
  });

  test('that cannot be asked for are no verdict, and the cause is kept', async () => {
    const { answer } = bench(() => Promise.reject(new Error('keys are stopped')));
    const { record } = await answer(withToken());
    expect(record).toMatchObject({ reason: 'keys_unavailable', cause: { message: 'keys are stopped' } });
  });

  test.each(['deny503', 'unavailable', 'errorResponse'] as const)(
    'a made-up key id cannot turn a refusal into no verdict while the key server is slow (%s)',
    async (cannotDecide) => {
      const forged = await issuer.sign(
        { iss: 'https://i', sub: 'ann', exp: NOW_SECONDS + 60 },
        { kid: 'made-up' },
      );
      const { answer, arrive, asked, clock } = bench();
      const call = callOf(encodeCheck(attributesOf({ headers: { authorization: `Bearer ${forged}` } })), {
        profile: profileOf('sidecar', { cannotDecide }),
      });
      const first = answer(call);
      arrive({ ...inline(issuer.jwks), refreshable: true } as KeySetState);
      await clock.advance(1);
      expect(asked).toHaveLength(2);
      await clock.advance(180);
      expect((await first).record).toMatchObject({ effect: 'deny', reason: 'token_key_unknown' });
    },
  );

  test('that are said to be there and are not end the rounds', async () => {
    const { answer, asked } = bench(() => Promise.resolve());
    expect((await answer(withToken())).record.reason).toBe('keys_unavailable');
    expect(asked.length).toBeLessThan(20);
  });
});
