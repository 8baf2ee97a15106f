import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeltaDiscoveryResponse, DiscoveryResponse } from '../../../src/proto/index.ts';
import {
  newStream,
  pushDelta,
  pushSotw,
  type StreamState,
  takeDelta,
  takeSotw,
} from '../../../src/xds/index.ts';
import { delta, REFUSED, sotw, TYPE_URL, versionOf, viewOf } from './bed.ts';

/** What can happen between a server and a client, in any order. */
type Happening =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'world'; readonly contents: Readonly<Record<string, string>> }
  /** The client takes the oldest response that is on its way. */
  | { readonly kind: 'arrives'; readonly isRefused: boolean }
  /** The server may write again. */
  | { readonly kind: 'drains' }
  | { readonly kind: 'reconnects' };

const NAMES = ['a', 'b'];
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constant('names' as const),
    names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }),
  }),
  fc.record({
    kind: fc.constant('world' as const),
    contents: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('1', '1', '2', 'pending'), {
      minKeys: 1,
      maxKeys: 2,
    }),
  }),
  fc.record({ kind: fc.constant('arrives' as const), isRefused: fc.boolean() }),
  fc.constant({ kind: 'drains' as const }),
  fc.constant({ kind: 'reconnects' as const }),
);

interface Peer {
  names(names: readonly string[]): void;
  push(): void;
  arrive(isRefused: boolean): boolean;
  reconnect(): void;
  /** What the client was last sent under each name it asks for. */
  readonly held: ReadonlyMap<string, string>;
  readonly subscribed: ReadonlySet<string>;
  world: Readonly<Record<string, string>>;
}

function sotwPeer(): Peer {
  let state = newStream('s');
  let onTheWay: DiscoveryResponse[] = [];
  let last = { nonce: '', version: '' };
  const held = new Map<string, string>();
  let subscribed = new Set<string>();
  const nameOf = (content: string): string => content.charAt(0);
  const peer = {
    world: {} as Readonly<Record<string, string>>,
    held,
    get subscribed() {
      return subscribed;
    },
    ask(error: typeof REFUSED | null = null) {
      const request = sotw({
        resource_names: [...subscribed],
        response_nonce: last.nonce,
        version_info: last.version,
        error_detail: error,
      });
      state = takeSotw(state, request, TYPE_URL).state;
    },
    names(names: readonly string[]) {
      for (const name of subscribed) {
        if (!names.includes(name)) {
          held.delete(name);
        }
      }
      subscribed = new Set(names);
      peer.ask();
    },
    push() {
      const pushed = pushSotw(state, viewOf(named(peer.world)), TYPE_URL);
      state = pushed.state;
      onTheWay.push(...pushed.messages);
    },
    arrive(isRefused: boolean) {
      const response = onTheWay.shift();
      if (response === undefined) {
        return false;
      }
      const contents = response.resources.map(({ value }) => value.toString());
      expect(new Set(contents.map(nameOf)).size).toBe(contents.length);
      for (const content of contents.filter((one) => subscribed.has(nameOf(one)))) {
        held.set(nameOf(content), content);
      }
      last = { nonce: response.nonce, version: isRefused ? last.version : response.version_info };
      peer.ask(isRefused ? REFUSED : null);
      return true;
    },
    reconnect() {
      state = newStream(`${state.seed}x`);
      onTheWay = [];
      last = { nonce: '', version: last.version };
      peer.ask();
    },
  };
  return peer;
}

function deltaPeer(): Peer {
  let state: StreamState = newStream('s');
  let onTheWay: DeltaDiscoveryResponse[] = [];
  const held = new Map<string, string>();
  let subscribed = new Set<string>();
  const send = (request: Parameters<typeof delta>[0]): void => {
    state = takeDelta(state, delta(request), TYPE_URL).state;
  };
  const peer = {
    world: {} as Readonly<Record<string, string>>,
    held,
    get subscribed() {
      return subscribed;
    },
    names(names: readonly string[]) {
      const off = [...subscribed].filter((name) => !names.includes(name));
      const on = names.filter((name) => !subscribed.has(name));
      for (const name of off) {
        held.delete(name);
      }
      subscribed = new Set(names);
      if (on.length + off.length > 0) {
        send({ resource_names_subscribe: on, resource_names_unsubscribe: off });
      }
    },
    push() {
      const pushed = pushDelta(state, viewOf(named(peer.world)), TYPE_URL);
      state = pushed.state;
      onTheWay.push(...pushed.messages);
    },
    arrive(isRefused: boolean) {
      const response = onTheWay.shift();
      if (response === undefined) {
        return false;
      }
      for (const { name, resource } of response.resources) {
        if (subscribed.has(name)) {
          held.set(name, resource.value.toString());
        }
      }
      for (const name of response.removed_resources) {
        held.delete(name);
      }
      send({ response_nonce: response.nonce, error_detail: isRefused ? REFUSED : null });
      return true;
    },
    reconnect() {
      state = newStream(`${state.seed}x`);
      onTheWay = [];
      send({
        resource_names_subscribe: [...subscribed],
        initial_resource_versions: Object.fromEntries(
          [...held].map(([name, content]) => [name, versionOf(content)]),
        ),
      });
    },
  };
  return peer;
}

/** Contents that tell their name. */
function named(world: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(world).map(([name, content]) => [
      name,
      content === 'pending' ? content : `${name}${content}`,
    ]),
  );
}

function play(peer: Peer, happenings: readonly Happening[]): void {
  peer.names(['a']);
  for (const one of happenings) {
    switch (one.kind) {
      case 'names':
        peer.names(one.names);
        break;
      case 'world':
        peer.world = one.contents;
        break;
      case 'arrives':
        peer.arrive(one.isRefused);
        break;
      case 'drains':
        peer.push();
        break;
      case 'reconnects':
        peer.reconnect();
        break;
    }
  }
  peer.push();
  let answers = 0;
  while (peer.arrive(false)) {
    peer.push();
    answers += 1;
    expect(answers, 'the two never come to rest').toBeLessThan(1000);
  }
}

function expectConverged(peer: Peer): void {
  const world = named(peer.world);
  for (const name of peer.subscribed) {
    const content = world[name];
    if (content !== undefined && content !== 'pending') {
      expect(peer.held.get(name)).toBe(content);
    }
  }
}

describe('a client and a server, whatever happens between them', () => {
  it.each([
    ['state of the world', sotwPeer],
    ['incremental', deltaPeer],
  ])('end with the same contents and come to rest: %s', (_, newPeer) => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 5, maxLength: 40, size: 'max' }), (happenings) => {
        const peer = newPeer();
        play(peer, happenings);
        expectConverged(peer);
      }),
      { numRuns: 1500 },
    );
  });
});
