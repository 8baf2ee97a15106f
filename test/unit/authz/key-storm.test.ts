import { expect, it } from 'vitest';
import { type Answer, answerCheck, type Snapshot } from '../../../src/authz/index.ts';
import { createTokenCache } from '../../../src/jwt/index.ts';
import { createKeySets, keysOptions } from '../../../src/keys/index.ts';
import { issuersOfKeySets, keySetSources } from '../../../src/policy/index.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { fakeKeyServer } from '../../fakes/key-server.ts';
import { seededRandom } from '../../fakes/random.ts';
import { attributesOf, callOf, encodeCheck, NOW_SECONDS, profileOf, snapshotOf, tokenIssuer } from './bed.ts';

const KEYS = 'https://id.example/jwks';
const RULES = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { namespace: shop, name: users }
spec: { jwtRules: [{ issuer: 'https://id.example', jwksUri: '${KEYS}' }] }
`;
const STORM = 10_000;
const SHOWER = 1000;
const profile = profileOf('sidecar');

const issuer = await tokenIssuer();
const good = await issuer.sign({ iss: 'https://id.example', sub: 'ann', exp: NOW_SECONDS + 3600 });
const [, payload = '', signature = ''] = good.split('.');

/** Each names a key of its own, and every place where a reader could be made to look for it. */
function forged(index: number): string {
  const elsewhere = `https://evil.example/${index}`;
  const header = {
    alg: 'ES256',
    kid: `made-up-${index}`,
    jku: elsewhere,
    x5u: elsewhere,
    jwk: { kty: 'EC' },
  };
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
}

function world() {
  const clock = fakeClock(NOW_SECONDS * 1000);
  const server = fakeKeyServer();
  server.serve(KEYS, issuer.jwks);
  const sets = createKeySets({
    options: keysOptions.parse({}),
    fetch: server.fetch,
    clock,
    random: seededRandom(7),
    events: () => undefined,
  });
  const plain = snapshotOf({ policies: RULES });
  sets.use(keySetSources(plain.policies), issuersOfKeySets(plain.policies));
  const snapshot: Snapshot = { ...plain, keys: sets.view(), tokenCache: createTokenCache() };
  const see = (token: string): Answer | Promise<Answer> =>
    answerCheck(
      callOf(encodeCheck(attributesOf({ headers: { authorization: `Bearer ${token}` } })), {
        profile,
      }),
      snapshot,
      { clock, deadlineMillis: clock.nowMillis() + 200, waitForKeys: sets.waitFor },
    );
  return { clock, server, see };
}

const reasonOf = (answer: Answer): string => answer.record.reason;

it('10,000 tokens with unknown kids: one fetch in a cool-down, all refused, good ones pass between them', {
  timeout: 60_000,
}, async () => {
  const { clock, server, see } = world();
  await clock.advance(11_000);
  expect(server.asked).toEqual([KEYS]);
  const answers = Array.from({ length: STORM }, (_, index) => see(forged(index)));
  const between = see(good);
  await clock.advance(1);
  expect(new Set((await Promise.all(answers)).map(reasonOf))).toEqual(new Set(['token_key_unknown']));
  expect(reasonOf(await between)).toBe('allowed_no_policy');
  expect(server.asked).toEqual([KEYS, KEYS]);
  for (let index = 0; index < SHOWER; index += 1) {
    // Within the cool-down nothing is waited for.
    expect(see(forged(STORM + index))).toMatchObject({ record: { reason: 'token_key_unknown' } });
    if (index % 100 === 0) {
      expect(see(good)).toMatchObject({ record: { reason: 'allowed_no_policy' } });
    }
  }
  expect(server.asked).toEqual([KEYS, KEYS]);
  expect(server.openMax).toBe(1);
});

it('a storm while the key server is away: it is let alone, and known keys go on serving', async () => {
  const { clock, server, see } = world();
  await clock.advance(11_000);
  server.fail(KEYS);
  const answers = Array.from({ length: SHOWER }, (_, index) => see(forged(index)));
  await clock.advance(1);
  expect(new Set((await Promise.all(answers)).map(reasonOf))).toEqual(new Set(['token_key_unknown']));
  expect(reasonOf(await see(good))).toBe('allowed_no_policy');
  expect(server.asked).toEqual([KEYS, KEYS]);
  await clock.advance(60_000);
  expect(server.asked.length).toBeLessThan(12);
  expect(new Set(server.asked)).toEqual(new Set([KEYS]));
});
