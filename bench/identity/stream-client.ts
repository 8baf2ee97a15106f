import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { createInterface } from 'node:readline';
import type { DiscoveryResponse } from '../../src/proto/index.ts';
import { testDefinitions } from '../../test/fakes/proto-files.ts';
import { identitiesOf, SOCKETS, socketPath, TRUST_BUNDLE } from './stream-site.ts';

/**
 * Opens SDS streams, two over each connection as an Envoy does, each for its identity and the trust bundle, and
 * acknowledges all that comes. A line `identity` or `bundle` of standard input asks for a line with the time at which the last
 * stream has had another one since.
 * Usage: node stream-client.ts FOLDER STREAMS
 */
const [, , folder = '', count = '0'] = process.argv;
const STREAMS = Number(count);
const STREAMS_PER_CONNECTION = 2;
const OPENED_AT_ONCE = 200;
const HEAD_BYTES = 5;

type Kind = 'identity' | 'bundle';

const TYPE_URL = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
const method = testDefinitions().service('envoy.service.secret.v3.SecretDiscoveryService')['StreamSecrets'];
const missing: Record<Kind, Set<number>> = { identity: new Set(), bundle: new Set() };
const waiting = new Map<Kind, () => void>();

await openAll();
say({ event: 'open' });
for await (const line of createInterface({ input: process.stdin })) {
  const kind: Kind = line === 'bundle' ? 'bundle' : 'identity';
  await everyStreamHas(kind);
}

async function openAll(): Promise<void> {
  const first = [everyStreamHas('identity', false), everyStreamHas('bundle', false)];
  let session: ClientHttp2Session | undefined;
  let opened = 0;
  for (let socket = 0; socket < SOCKETS; socket += 1) {
    for (const name of identitiesOf(socket, STREAMS)) {
      if (opened % STREAMS_PER_CONNECTION === 0 || session === undefined) {
        const path = socketPath(folder, socket);
        session = connect('http://localhost', { createConnection: () => connectSocket(path) });
        session.on('error', fail);
      }
      openStream(session, opened, name);
      opened += 1;
      if (opened % OPENED_AT_ONCE === 0) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
  await Promise.all(first);
}

/** Resolves, and says so, when every stream has had one more of this kind. */
function everyStreamHas(kind: Kind, aloud = true): Promise<void> {
  for (let index = 0; index < STREAMS; index += 1) {
    missing[kind].add(index);
  }
  if (aloud) {
    say({ event: 'watching', kind });
  }
  return new Promise((resolve) => {
    waiting.set(kind, () => {
      waiting.delete(kind);
      if (aloud) {
        say({ event: 'all', kind, timeMillis: Date.now() });
      }
      resolve();
    });
  });
}

function openStream(session: ClientHttp2Session, index: number, name: string): void {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const request = {
    node: { id: `bench-${index}` },
    resource_names: [name, TRUST_BUNDLE],
    type_url: TYPE_URL,
  };
  let rest: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEAD_BYTES && rest.length >= HEAD_BYTES + rest.readUInt32BE(1)) {
      const end = HEAD_BYTES + rest.readUInt32BE(1);
      const answer = method?.responseDeserialize(
        rest.subarray(HEAD_BYTES, end),
      ) as unknown as DiscoveryResponse;
      rest = rest.subarray(end);
      take(index, answer);
      const { version_info, nonce: response_nonce } = answer;
      send(stream, { ...request, node: null, version_info, response_nonce });
    }
  });
  stream.on('error', fail);
  stream.on('close', () => fail(new Error(`stream ${index} was closed`)));
  send(stream, request);
}

function take(index: number, { resources }: DiscoveryResponse): void {
  for (const { value } of resources) {
    // `Secret.name` comes first: tag 1 and a length below 128.
    const name = Buffer.from(value.subarray(2, 2 + (value[1] ?? 0))).toString('latin1');
    const kind = name === TRUST_BUNDLE ? 'bundle' : 'identity';
    if (missing[kind].delete(index) && missing[kind].size === 0) {
      waiting.get(kind)?.();
    }
  }
}

function send(stream: ClientHttp2Stream, request: object): void {
  const message = method?.requestSerialize(request as never) ?? Buffer.alloc(0);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(message.length, 1);
  stream.write(Buffer.concat([head, message]));
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function fail(error: Error): void {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
