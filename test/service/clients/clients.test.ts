import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import type { AuthorityView } from '../../../src/issuer/index.ts';
import { type Found, orMissing } from '../../toolchain/found.ts';
import { goWorkload, pythonWorkload } from './programs.ts';
import { type ClientSite, executableOf, serveFor } from './site.ts';
import { startWorkload, type Workload } from './workload.ts';

const AUDIENCE = 'ledger';
const TEST_MILLIS = 120_000;

const kinds = [
  { name: 'go', library: 'go-spiffe', found: await orMissing(goWorkload) },
  { name: 'python', library: 'spiffe of PyPI', found: await orMissing(pythonWorkload) },
] as const;

function need(found: Found, { skip }: TestContext): readonly [string, ...string[]] {
  return 'missing' in found ? skip(found.missing) : found.command;
}

/** A Sallyport and a workload of each kind that is at hand. */
async function begin(context: TestContext, names: readonly string[]) {
  const commands = kinds
    .filter(({ name }) => names.includes(name))
    .map(({ name, found }) => ({ name, command: need(found, context) }));
  const place = await serveFor(
    commands.map(({ name, command }) => ({ name, executable: executableOf(command) })),
  );
  const workloads = commands.map(({ command }) => startWorkload(command, place.socket));
  return { place, workloads };
}

describe.each(kinds)('a workload made with $library', ({ name }) => {
  it(
    'gets the identity that the kernel vouches for, and tokens that it and Sallyport find good',
    async (context) => {
      const { workloads } = await begin(context, [name]);
      const [workload] = workloads as [Workload];
      const spiffeId = `spiffe://example.org/clients/${name}`;
      expect(await workload.keep('now')).toMatchObject({ spiffeId, roots: 1 });
      const { token, ...judged } = await workload.token(AUDIENCE);
      expect(judged).toEqual({ spiffeId, audience: [AUDIENCE] });
      expect(await workload.judge(AUDIENCE, token)).toEqual({ spiffeId });
      await expect(workload.judge('another', token)).rejects.toThrow(/audience/i);
      const [head, , signature] = token.split('.');
      const claims = Buffer.from(JSON.stringify({ sub: spiffeId, aud: AUDIENCE, exp: 4e9 }));
      const forged = [head, claims.toString('base64url'), signature].join('.');
      await expect(workload.judge(AUDIENCE, forged)).rejects.toThrow(/signature|cryptographic primitive/i);
    },
    TEST_MILLIS,
  );

  it(
    'gets nothing when no entry is about its executable',
    async (context) => {
      const found = kinds.find((kind) => kind.name === name)?.found ?? { missing: name };
      const command = need(found, context);
      const place = await serveFor([{ name: 'other', executable: '/bin/other' }]);
      const workload = startWorkload(command, place.socket);
      await expect(workload.keep('now')).rejects.toThrow(/no identity issued/);
      await expect(workload.token(AUDIENCE)).rejects.toThrow(/no identity issued/);
    },
    TEST_MILLIS,
  );

  it(
    'sees every rotation pushed, and connects anew before, during and after it',
    async (context) => {
      const { place, workloads } = await begin(context, [name]);
      await expectRotation(place, [...workloads, ...workloads] as [Workload, Workload]);
    },
    TEST_MILLIS,
  );
});

it(
  'workloads of both kinds connect to each other before, during and after a rotation',
  async (context) => {
    const { place, workloads } = await begin(context, ['go', 'python']);
    await expectRotation(place, workloads as [Workload, Workload]);
  },
  TEST_MILLIS,
);

/**
 * Rotates the root by hand. Each of the two keeps what it has before and after the new root is in force, and
 * each in turn serves the other with every combination of them, beside one that follows every update.
 */
async function expectRotation(place: ClientSite, pair: readonly [Workload, Workload]): Promise<void> {
  const each = (work: (workload: Workload) => Promise<unknown>) =>
    Promise.all(new Set(pair).values().map(work));
  await each((workload) => workload.follow('live'));
  await each((workload) => workload.watch());
  const live = await startCalling(pair);
  const root = (await rootsOf(place)).find(({ status }) => status === 'active')?.id ?? '';

  await place.admin('authority.prepare', { kind: 'root' });
  await each((workload) => until(async () => (await workload.show('live')).roots === 2));
  await each((workload) => workload.keep('old'));
  await expectAllConnect(pair, ['old']);

  await place.admin('authority.activate', { kind: 'root' });
  await place.admin('authority.taint', { id: root });
  await each(async (workload) => {
    const old = await workload.show('old');
    await until(async () => (await workload.show('live')).serial !== old.serial);
    await workload.keep('new');
  });
  await expectAllConnect(pair, ['old', 'new', 'live']);

  await place.admin('authority.revoke', { id: root, force: true });
  await each((workload) => until(async () => (await workload.show('live')).roots === 1));
  await each((workload) => workload.keep('last'));
  await expectAllConnect(pair, ['new', 'last', 'live']);
  const [server, client] = pair;
  const { port } = await server.serve('last');
  await expect(client.dial('old', port), 'a certificate of the revoked root').rejects.toThrow();

  expect(await live.stop()).toEqual([]);
  await each(async (workload) => {
    const { serials } = await workload.updates();
    expect(new Set(serials).size, 'certificates that were pushed').toBeGreaterThan(1);
    expect(serials).toContain((await workload.show('live')).serial);
  });
}

async function rootsOf({ admin }: ClientSite): Promise<readonly AuthorityView[]> {
  const views = (await admin('authority.show')) as readonly AuthorityView[];
  return views.filter(({ kind }) => kind === 'root');
}

/** Every generation of each as server meets every one of the other as client. */
async function expectAllConnect(
  pair: readonly [Workload, Workload],
  names: readonly string[],
): Promise<void> {
  for (const [server, client] of [pair, pair.toReversed() as [Workload, Workload]]) {
    for (const serving of names) {
      const { port } = await server.serve(serving);
      for (const dialling of names) {
        const [shown, own] = [await server.show(serving), await client.show(dialling)];
        expect(await client.dial(dialling, port), `${dialling} calls ${serving}`).toEqual({
          peer: `${shown.spiffeId} ${shown.serial}`,
          takenFor: `${own.spiffeId} ${own.serial}`,
        });
      }
    }
  }
}

/** New connections without a break, both sides as they are at the moment; `stop` tells what went wrong. */
async function startCalling([server, client]: readonly [Workload, Workload]) {
  const { port } = await server.serve('live');
  const failures: string[] = [];
  let stopped = false;
  let count = 0;
  const calling = (async () => {
    while (!stopped) {
      await client.dial('live', port).catch((error: unknown) => failures.push(String(error)));
      count += 1;
      await sleep(5);
    }
  })();
  return {
    async stop(): Promise<readonly string[]> {
      stopped = true;
      await calling;
      expect(count, 'connections while it rotated').toBeGreaterThan(20);
      return failures;
    },
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  await expect.poll(isSo, { timeout: 20_000, interval: 50 }).toBe(true);
}
