import { expect, it } from 'vitest';
import type { ProviderAnswer, ProviderQuestion } from '../../../src/authz/index.ts';
import { LIMITS } from '../../../src/base/index.ts';
import { bounded } from '../../../src/providers/bounded.ts';
import { allowed } from '../authz/custom-bed.ts';

/** A service that answers when it is told to. */
function slowService() {
  const waiting: ((answer: ProviderAnswer) => void)[] = [];
  return {
    client: {
      ask: () => new Promise<ProviderAnswer>((resolve) => void waiting.push(resolve)),
      close: () => undefined,
    },
    answerAll: () => waiting.splice(0).forEach((answer) => void answer(allowed())),
  };
}

const question = (bytes: Uint8Array): ProviderQuestion => ({
  provider: {
    name: 'slow',
    protocol: 'grpc',
    timeout: { millis: 1000, seconds: 1 },
    failOpen: true,
    statusOnError: 403,
    body: undefined,
  },
  bytes,
  http: undefined,
});

it('holds so many bytes of open questions, of all services together, and not one more', async () => {
  const openBytes = { total: 0 };
  const [one, other] = [slowService(), slowService()];
  const [askOne, askOther] = [bounded(one.client, openBytes), bounded(other.client, openBytes)];
  const large = new Uint8Array(LIMITS.checkRequestBytes);
  const count = LIMITS.providerOpenBytes / LIMITS.checkRequestBytes;
  const open = Array.from({ length: count }, (_, index) =>
    (index % 2 === 0 ? askOne : askOther)(question(large), 1000),
  );
  expect(openBytes.total).toBe(LIMITS.providerOpenBytes);
  // `question` is denied also under `failOpen`, which `busy` is not.
  expect(await askOne(question(new Uint8Array(1)), 1000)).toMatchObject({
    kind: 'failed',
    failure: 'question',
  });
  one.answerAll();
  other.answerAll();
  expect((await Promise.all(open)).every(({ kind }) => kind === 'allow')).toBe(true);
  expect(openBytes.total).toBe(0);
});
