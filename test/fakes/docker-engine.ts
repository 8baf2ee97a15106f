import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A container as `docker run` would make it. */
export interface FakeContainer {
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly environment?: readonly string[] | null;
  readonly isRunning?: boolean;
}

/** An engine with containers in it, at a Unix socket; it knows the one question that we ask. */
export interface DockerEngine {
  readonly socket: string;
  /** Its id. */
  run(container: FakeContainer): string;
  /** What it answers from now on, whatever the question; undefined lets it answer rightly again. */
  answer: { readonly status: number; readonly body: string } | 'nothing' | undefined;
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

export async function dockerEngine(): Promise<DockerEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'sp-docker-'));
  const socket = join(folder, 'docker.sock');
  const containers = new Map<string, FakeContainer>();
  const asked: string[] = [];
  let answer: DockerEngine['answer'];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (answer === 'nothing') {
      return;
    }
    const id = /^\/containers\/([0-9a-f]+)\/json$/.exec(request.url ?? '')?.[1] ?? '';
    const { status, body } = answer ?? inspected(id, containers.get(id));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    run(container) {
      const id = (containers.size + 1).toString(16).padStart(64, 'a');
      containers.set(id, container);
      return id;
    },
    get answer() {
      return answer;
    },
    set answer(next) {
      answer = next;
    },
    asked,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function inspected(id: string, container: FakeContainer | undefined) {
  if (container === undefined) {
    return { status: 404, body: JSON.stringify({ message: `No such container: ${id}` }) };
  }
  const { image, labels = {}, environment = [], isRunning = true } = container;
  const body = {
    Id: id,
    Image: `sha256:${'b'.repeat(64)}`,
    State: { Running: isRunning, Pid: 7 },
    Config: { Image: image, Labels: labels, Env: environment },
  };
  return { status: 200, body: JSON.stringify(body) };
}
