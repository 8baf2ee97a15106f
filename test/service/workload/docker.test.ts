import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { errorCodeOf, LIMITS } from '../../../src/base/index.ts';
import { readContainer } from '../../../src/workload/container.ts';
import { containerGroupsOf } from '../../../src/workload/container-id.ts';
import {
  type AttestedConnection,
  createAttestor,
  createDockerApi,
  createEntrySet,
} from '../../../src/workload/index.ts';
import { parseSelector } from '../../../src/workload/selectors.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { type DockerEngine, dockerEngine } from '../../fakes/docker-engine.ts';
import { entryFor } from '../../fakes/entries.ts';
import { eventLog } from '../../fakes/events.ts';
import { EXAMPLE_ORG } from '../../unit/workload/objects.ts';

let engine: DockerEngine;

beforeEach(async () => {
  engine = await dockerEngine();
});

afterEach(() => engine.stop());

function entriesWith(...selectors: readonly string[]) {
  return createEntrySet([entryFor('spiffe://example.org/a', selectors)], EXAMPLE_ORG);
}

function bed(
  containerId: string,
  entries = entriesWith('docker:label:app:orders'),
  readCgroups: (pid: number) => Promise<string> = async () => `0::/docker/${containerId}\n`,
) {
  const log = eventLog();
  const clock = fakeClock(0);
  let current = entries;
  let later = 0;
  const attest = createAttestor({
    clock,
    events: log.sink,
    entries: () => current,
    names: { user: async () => undefined, group: async () => undefined },
    docker: createDockerApi(engine.socket),
    readCgroups,
    onLater: () => {
      later += 1;
    },
  });
  const caller: AttestedConnection = {
    connectionId: 'conn:1',
    listener: 'host',
    transport: 'unix',
    peerUris: [],
    process: { pid: process.pid, uid: 7, gid: 8, isAlive: () => true },
  };
  return {
    log,
    clock,
    later: () => later,
    replace(next: typeof entries) {
      current = next;
    },
    selectors: async () => (await attest(caller)).filter((one) => one.startsWith('docker:')),
  };
}

describe('docker selectors', () => {
  it('are image and labels of the container, and of its environment what entries name', async () => {
    const id = engine.run({
      image: 'registry.example.org/orders:1',
      labels: { app: 'orders', 'com.example.note': 'a: b', 'with:colon': 'x' },
      environment: ['ROLE=orders', 'PASSWORD=hunter2'],
    });
    const { selectors, replace, log } = bed(id);
    const image = `docker:image_id:sha256:${'b'.repeat(64)}`;
    const known = [
      'docker:image:registry.example.org/orders:1',
      image,
      'docker:label:app:orders',
      'docker:label:com.example.note:a: b',
    ];
    expect(await selectors()).toEqual(known);
    replace(entriesWith('docker:env:ROLE=orders'));
    expect(await selectors()).toEqual([...known, 'docker:env:ROLE=orders']);
    replace(entriesWith('docker:env:PASSWORD=other'));
    expect(await selectors()).toEqual(known);
    expect(engine.asked).toEqual([`GET /containers/${id}/json`]);
    expect(JSON.stringify(log.all)).not.toContain('hunter2');
  });

  it('are not asked for while no entry names one', async () => {
    const id = engine.run({ image: 'orders' });
    const { selectors, replace } = bed(id, entriesWith('unix:uid:7'));
    expect(await selectors()).toEqual([]);
    expect(engine.asked).toEqual([]);
    replace(entriesWith('docker:image:orders'));
    expect(await selectors()).toContain('docker:image:orders');
  });

  it('are none for a container that is gone, does not run, or has neither labels nor environment', async () => {
    expect(await bed('f'.repeat(64)).selectors()).toEqual([]);
    expect(await bed(engine.run({ image: 'orders', isRunning: false })).selectors()).toEqual([]);
    const bare = engine.run({ image: 'orders', labels: null, environment: null });
    expect(await bed(bare).selectors()).toHaveLength(2);
  });

  it('are none for a group that a user named after the container of somebody else', async () => {
    const id = engine.run({ image: 'orders', labels: { app: 'orders' } });
    const user = '/user.slice/user-7.slice/user@7.service/app.slice';
    const groups = new Map([
      [7, `0::/system.slice/docker-${id}.scope\n`],
      [process.pid, `0::${user}/docker-${id}.scope\n`],
    ]);
    const entries = entriesWith('docker:label:app:orders');
    const { selectors, log } = bed(id, entries, async (pid) => groups.get(pid) ?? '');
    expect(await selectors()).toEqual([]);
    expect(log.named('workload.executable_unknown')[0]?.message).toContain('not in the cgroups');
    groups.set(process.pid, `0::/system.slice/docker-${id}.scope/below\n`);
    expect(await bed(id, entries, async (pid) => groups.get(pid) ?? '').selectors()).not.toEqual([]);
    groups.delete(7);
    expect(await bed(id, entries, async (pid) => groups.get(pid) ?? '').selectors()).toEqual([]);
  });

  it('leaves out what no entry could name', async () => {
    const labels = { app: 'a\nb', long: 'x'.repeat(5000), '': 'x', 'a b': 'x' };
    const id = engine.run({ image: 'or ders', labels, environment: ['=x', 'NAME', 'A B=x'] });
    expect(await bed(id).selectors()).toEqual([`docker:image_id:sha256:${'b'.repeat(64)}`]);
  });

  it('come a little later when the engine did not answer, without asking again and again', async () => {
    const id = engine.run({ image: 'orders' });
    const { selectors, clock, later, log } = bed(id);
    engine.answer = { status: 500, body: '{"message":"SECRET=1"}' };
    expect(await selectors()).toEqual([]);
    expect(await selectors()).toEqual([]);
    expect(engine.asked).toHaveLength(1);
    engine.answer = undefined;
    await clock.advance(2000);
    expect(later()).toBe(1);
    expect(await selectors()).toContain('docker:image:orders');
    expect(JSON.stringify(log.all)).not.toContain('SECRET');
    expect(log.named('workload.executable_unknown')[0]?.message).toContain(
      'the container engine cannot be asked',
    );
  });
});

describe('createDockerApi', () => {
  const code = (work: Promise<unknown>) => work.then(() => 'answered', errorCodeOf);
  const id = 'e'.repeat(64);

  it.each([
    ['no JSON', { status: 200, body: 'nonsense' }],
    ['another form', { status: 200, body: '{"Id":"x"}' }],
    ['another status', { status: 503, body: '' }],
    [
      'another container',
      {
        status: 200,
        body: JSON.stringify({
          Id: 'f'.repeat(64),
          Image: 'a',
          State: { Running: true, Pid: 7 },
          Config: { Image: 'a' },
        }),
      },
    ],
  ])('refuses an answer with %s', async (_, answer) => {
    engine.answer = answer;
    expect(await code(createDockerApi(engine.socket).inspect(id))).toBe('ERR_WORKLOAD_DOCKER');
  });

  it('takes an answer as large as it may be, and not one byte more', async () => {
    const body = JSON.stringify({
      Id: id,
      Image: 'a',
      State: { Running: true, Pid: 7 },
      Config: { Image: 'a' },
    });
    const api = createDockerApi(engine.socket);
    engine.answer = { status: 200, body: body.padEnd(LIMITS.dockerAnswerBytes) };
    expect(await code(api.inspect(id))).toBe('answered');
    engine.answer = { status: 200, body: body.padEnd(LIMITS.dockerAnswerBytes + 1) };
    expect(await code(api.inspect(id))).toBe('ERR_WORKLOAD_DOCKER');
  });

  it('waits for no engine for long, and lets no crowd wait', async () => {
    engine.answer = 'nothing';
    const api = createDockerApi(engine.socket);
    const waiting = Array.from({ length: 16 }, () => code(api.inspect(id)));
    expect(await code(api.inspect(id))).toBe('ERR_WORKLOAD_DOCKER');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['ERR_WORKLOAD_DOCKER']));
    engine.answer = undefined;
    expect(await api.inspect(id)).toBeUndefined();
    expect(await code(createDockerApi('/nowhere/docker.sock').inspect(id))).toBe('ERR_WORKLOAD_DOCKER');
  });
});

describe('docker selectors in entries', () => {
  it.each([
    'docker:label:app:orders',
    'docker:label:com.example.app:a:b c',
    'docker:label:app:',
    'docker:env:ROLE=orders',
    'docker:env:ROLE=',
    'docker:image:orders',
    'docker:image:registry.example.org:5000/orders@sha256:ab',
    `docker:image_id:sha256:${'0'.repeat(64)}`,
  ])('takes %s', (text) => {
    expect(parseSelector(text)).toBe(text);
  });

  it.each([
    'docker:label:app',
    'docker:label::orders',
    'docker:env:ROLE',
    'docker:env:=x',
    'docker:image:',
    'docker:image:a b',
    'docker:image_id:abc',
    'docker:other:x',
    'docker:label:app:a\nb',
  ])('refuses %s', (text) => {
    expect(() => parseSelector(text)).toThrow(expect.objectContaining({ code: 'ERR_ENTRY_SELECTOR' }));
  });
});

describe('a real engine', () => {
  const SOCKET = '/var/run/docker.sock';
  const IMAGE = 'sallyport:lab';

  it('tells of a container what it was started with', async (context) => {
    const docker = (...args: readonly string[]) =>
      execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const isAtHand = existsSync(SOCKET) && attempt(() => docker('image', 'inspect', IMAGE));
    if (!isAtHand) {
      process.stdout.write(
        `a real container engine: left out, no engine with the image ${IMAGE} is at hand\n`,
      );
      context.skip();
    }
    const container = docker(
      ...['run', '--detach', '--rm', '--network', 'none', '--label', 'com.example.app=orders'],
      ...['--env', 'ROLE=orders', '--entrypoint', 'sleep', IMAGE, '60'],
    );
    onTestFinished(() => void attempt(() => docker('kill', container)));
    const pid = docker('inspect', '--format', '{{.State.Pid}}', container);
    const id = containerGroupsOf(await readFile(`/proc/${pid}/cgroup`, 'latin1'))?.id;
    expect(id).toBe(container);
    const facts = await createDockerApi(SOCKET).inspect(container);
    expect(facts).toMatchObject({ image: IMAGE, labels: { 'com.example.app': 'orders' } });
    expect(facts?.environment).toContain('ROLE=orders');
    expect(facts?.imageId).toMatch(/^sha256:[0-9a-f]{64}$/);
    const reading = await readContainer(Number(pid), createDockerApi(SOCKET));
    expect(reading.selectors).toContain('docker:label:com.example.app:orders');
  });
});

function attempt(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
