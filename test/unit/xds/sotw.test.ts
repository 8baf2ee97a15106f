import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import type { DiscoveryRequest, DiscoveryResponse } from '../../../src/proto/index.ts';
import { newStream } from '../../../src/xds/index.ts';
import { PENDING_MAX } from '../../../src/xds/stream-state.ts';
import { REFUSED, type Step, sotw, sotwRequest, sotwUpdate, viewOf } from './bed.ts';

type Contents = Readonly<Record<string, string>>;

/** One line of a script: what the client says or what the world is now, and what goes out then. */
interface Turn {
  /** Names, and how the last response (or one before) is answered. */
  readonly ask?: readonly string[];
  readonly answer?: 'ack' | 'nack' | 'older version' | 'none';
  /** Which response is answered: 1 is the first. Default: the last. */
  readonly of?: number;
  readonly nonce?: string;
  readonly world?: Contents;
  /** The contents of each response that goes out. */
  readonly sends: readonly (readonly string[])[];
  readonly events?: readonly string[];
}

const AB = { a: 'a1', b: 'b1' };

const table: readonly { readonly name: string; readonly world: Contents; readonly turns: readonly Turn[] }[] =
  [
    {
      name: 'first request: what is asked for, in one response',
      world: AB,
      turns: [{ ask: ['b', 'a'], sends: [['b1', 'a1']], events: ['subscribed', 'pushed'] }],
    },
    { name: 'one name: exactly one resource', world: AB, turns: [{ ask: ['a'], sends: [['a1']] }] },
    {
      name: 'first request without names: everything',
      world: AB,
      turns: [{ ask: [], sends: [['a1', 'b1']] }],
    },
    { name: 'the name `*`: everything', world: AB, turns: [{ ask: ['*'], sends: [['a1', 'b1']] }] },
    {
      name: 'a name twice in a request: one resource',
      world: AB,
      turns: [{ ask: ['a', 'a'], sends: [['a1']] }],
    },
    {
      name: 'ACK: silence',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a'], answer: 'ack', sends: [], events: ['accepted'] },
      ],
    },
    {
      name: 'NACK: a reason in the events, and no loop',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a'], answer: 'nack', sends: [], events: ['rejected'] },
        { world: AB, sends: [] },
        { ask: ['a'], answer: 'none', sends: [] },
      ],
    },
    {
      name: 'NACK, then new content: sent',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a'], answer: 'nack', sends: [] },
        { world: { a: 'a2' }, sends: [['a2']] },
      ],
    },
    {
      name: 'an answer with another version and no reason: a NACK',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a'], answer: 'older version', sends: [], events: ['rejected'] },
      ],
    },
    {
      name: 'NACK together with a new name: the new one alone',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a', 'b'], answer: 'nack', sends: [['b1']] },
      ],
    },
    {
      name: 'a nonce that never was: nothing is answered by it',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a'], answer: 'ack', nonce: 'other.1', sends: [], events: ['stale'] },
      ],
    },
    {
      name: 'a stale nonce with a new name: the name counts',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        {
          ask: ['a', 'b'],
          answer: 'ack',
          nonce: 'other.1',
          sends: [['b1']],
          events: ['stale', 'subscribed', 'pushed'],
        },
      ],
    },
    {
      name: 'an ACK that was overtaken by a newer response: taken for what it answers',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { world: { a: 'a2' }, sends: [['a2']] },
        { ask: ['a'], answer: 'ack', of: 1, sends: [], events: ['accepted'] },
        { ask: ['a'], answer: 'ack', of: 2, sends: [], events: ['accepted'] },
      ],
    },
    {
      name: 'an ACK of the last response stands for the ones before',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { world: { a: 'a2' }, sends: [['a2']] },
        { ask: ['a'], answer: 'ack', of: 2, sends: [] },
        { ask: ['a'], answer: 'ack', of: 1, sends: [], events: ['stale'] },
      ],
    },
    {
      name: 'a name more: that one alone',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a', 'b'], answer: 'ack', sends: [['b1']] },
      ],
    },
    {
      name: 'a name more before the first response is answered: that one alone',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a', 'b'], answer: 'none', sends: [['b1']] },
      ],
    },
    {
      name: 'a name less: silence, and no more of it',
      world: AB,
      turns: [
        { ask: ['a', 'b'], sends: [['a1', 'b1']] },
        { ask: ['a'], answer: 'ack', sends: [], events: ['accepted', 'unsubscribed'] },
        { world: { a: 'a1', b: 'b2' }, sends: [] },
      ],
    },
    {
      name: 'a name given up and asked for anew: sent though unchanged',
      world: AB,
      turns: [
        { ask: ['a', 'b'], sends: [['a1', 'b1']] },
        { ask: ['a'], answer: 'ack', sends: [] },
        { ask: ['a', 'b'], answer: 'ack', sends: [['b1']] },
      ],
    },
    {
      name: 'all names given up: nothing, where a first empty list would mean everything',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: [], answer: 'ack', sends: [] },
        { world: { a: 'a2', b: 'b2' }, sends: [] },
      ],
    },
    {
      name: 'the same names in another order: silence',
      world: AB,
      turns: [
        { ask: ['a', 'b'], sends: [['a1', 'b1']] },
        { ask: ['b', 'a'], answer: 'ack', sends: [] },
      ],
    },
    {
      name: 'asked again after the ACK: sent again, once',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a'], answer: 'ack', sends: [] },
        { ask: ['a'], answer: 'ack', sends: [['a1']] },
        { ask: ['a'], answer: 'ack', sends: [], events: ['accepted'] },
      ],
    },
    {
      name: 'asked again while the response is on its way: silence',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { ask: ['a'], answer: 'none', sends: [] },
      ],
    },
    {
      name: 'an update: what has changed, alone',
      world: AB,
      turns: [
        { ask: ['a', 'b'], sends: [['a1', 'b1']] },
        { world: { a: 'a1', b: 'b2' }, sends: [['b2']] },
        { world: { a: 'a1', b: 'b2' }, sends: [] },
      ],
    },
    {
      name: 'a name nobody has: kept, and sent when it appears',
      world: { a: 'a1' },
      turns: [
        { ask: ['a', 'b'], sends: [['a1']] },
        { ask: ['a', 'b'], answer: 'ack', sends: [] },
        { world: AB, sends: [['b1']] },
      ],
    },
    {
      name: 'a name that is still being made: sent when it is there',
      world: { a: 'pending' },
      turns: [
        { ask: ['a'], sends: [], events: ['subscribed'] },
        { world: { a: 'a1' }, sends: [['a1']] },
      ],
    },
    {
      name: 'gone and back with the same content: sent again',
      world: AB,
      turns: [
        { ask: ['a'], sends: [['a1']] },
        { world: {}, sends: [], events: ['withdrawn'] },
        { world: {}, sends: [], events: [] },
        { world: AB, sends: [['a1']] },
      ],
    },
    {
      name: 'everything: a newcomer is sent, one that goes is withdrawn',
      world: { a: 'a1' },
      turns: [
        { ask: [], sends: [['a1']] },
        { world: AB, sends: [['b1']] },
        { world: { b: 'b1' }, sends: [], events: ['withdrawn'] },
      ],
    },
    {
      name: 'an empty name: refused, the others served',
      world: AB,
      turns: [{ ask: ['', 'a'], sends: [['a1']], events: ['name_refused', 'subscribed', 'pushed'] }],
    },
  ];

function play(world: Contents, turns: readonly Turn[]): void {
  let state = newStream('s');
  let view = viewOf(world);
  const responses: DiscoveryResponse[] = [];
  for (const [index, turn] of turns.entries()) {
    let step: Step<DiscoveryResponse>;
    if (turn.ask === undefined) {
      view = viewOf(turn.world ?? {});
      step = sotwUpdate(state, { view });
    } else {
      step = sotwRequest(state, requestOf(turn, responses), { view });
    }
    const sent = step.messages.map(({ resources }) => resources.map(({ value }) => value.toString()));
    expect(sent, `turn ${index + 1}`).toEqual(turn.sends);
    if (turn.events !== undefined) {
      expect(
        step.events.map(({ kind }) => kind),
        `turn ${index + 1}`,
      ).toEqual(turn.events);
    }
    expect(step.end).toBeUndefined();
    responses.push(...step.messages);
    state = step.state;
  }
}

function requestOf(turn: Turn, responses: readonly DiscoveryResponse[]): DiscoveryRequest {
  const answered = responses[(turn.of ?? responses.length) - 1];
  const isAnswer = turn.answer !== undefined && turn.answer !== 'none';
  return sotw({
    resource_names: turn.ask ?? [],
    response_nonce: turn.nonce ?? (isAnswer ? (answered?.nonce ?? '') : ''),
    version_info: turn.answer === 'ack' ? (answered?.version_info ?? '') : 'of before',
    error_detail: turn.answer === 'nack' ? REFUSED : null,
  });
}

describe('a state-of-the-world stream', () => {
  it.each(table)('$name', ({ world, turns }) => play(world, turns));

  it('answers the first request though it names the version it would send', () => {
    const input = { view: viewOf(AB) };
    const first = sotwRequest(newStream('one'), sotw({ resource_names: ['a'] }), input).messages[0];
    const request = sotw({
      resource_names: ['a'],
      version_info: first?.version_info ?? '',
      response_nonce: first?.nonce ?? '',
    });
    const again = sotwRequest(newStream('two'), request, input);
    expect(again.messages).toHaveLength(1);
    expect(again.messages[0]?.version_info).toBe(first?.version_info);
    expect(again.messages[0]?.nonce).not.toBe(first?.nonce);
    expect(again.events.map(({ kind }) => kind)).toEqual(['subscribed', 'pushed']);
  });

  it('gives the same content the same version and another content another', () => {
    const version = (contents: Contents): string =>
      sotwRequest(newStream('s'), sotw({ resource_names: ['a'] }), { view: viewOf(contents) }).messages[0]
        ?.version_info ?? '';
    expect(version({ a: 'x' })).toBe(version({ a: 'x' }));
    expect(version({ a: 'x' })).not.toBe(version({ a: 'y' }));
  });

  it('says what the client thinks of each name', () => {
    const input = { view: viewOf(AB) };
    const first = sotwRequest(newStream('s'), sotw({ resource_names: ['a'] }), input);
    expect(first.state.sent.get('a')?.answer).toBe('open');
    const nonce = first.messages[0]?.nonce ?? '';
    const nack = sotw({ resource_names: ['a'], response_nonce: nonce, error_detail: REFUSED });
    expect(sotwRequest(first.state, nack, input).state.sent.get('a')?.answer).toBe('rejected');
  });

  it('ignores a request for another type', () => {
    const step = sotwRequest(newStream('s'), sotw({ type_url: 'x', resource_names: ['a'] }), {
      view: viewOf(AB),
    });
    expect(step).toMatchObject({ messages: [], events: [{ kind: 'type_refused', typeUrl: 'x' }] });
    expect(step.state.started).toBe(false);
  });

  it('remembers no more unanswered responses than it may', () => {
    let state = sotwRequest(newStream('s'), sotw({ resource_names: ['a'] }), { view: viewOf(AB) }).state;
    for (let round = 0; round < PENDING_MAX + 10; round += 1) {
      state = sotwUpdate(state, { view: viewOf({ a: `round ${round}` }) }).state;
    }
    expect(state.pending).toHaveLength(PENDING_MAX);
  });

  it('splits what would be too large for one response', () => {
    const half = 'x'.repeat(600 * 1024);
    const step = sotwRequest(newStream('s'), sotw({ resource_names: ['a', 'b', 'c'] }), {
      view: viewOf({ a: half, b: half, c: 'c1' }),
    });
    expect(step.messages.map(({ resources }) => resources.length)).toEqual([1, 2]);
    expect(new Set(step.messages.map(({ nonce }) => nonce)).size).toBe(2);
  });
});

describe('limits of a stream', () => {
  const ask = (names: readonly string[]) =>
    sotwRequest(newStream('s'), sotw({ resource_names: names }), { view: viewOf({}) });
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);

  it('takes as many names as it may and ends at one more', () => {
    expect(ask(names(LIMITS.resourceNames)).state.names.size).toBe(LIMITS.resourceNames);
    const over = ask(names(LIMITS.resourceNames + 1));
    expect(over.end).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(over.messages).toEqual([]);
    expect(over.state.names.size).toBe(0);
  });

  it('takes names of as many bytes together as it may and ends at one more', () => {
    const count = LIMITS.subscriptionBytes / LIMITS.resourceNameBytes;
    const full = Array.from({ length: count }, (_, index) =>
      String(index).padEnd(LIMITS.resourceNameBytes, 'x'),
    );
    expect(ask(full).state.names.size).toBe(count);
    expect(ask([...full, 'y']).end).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('takes a name as long as it may be and leaves out one that is longer', () => {
    const atLimit = 'é'.repeat(LIMITS.resourceNameBytes / 2);
    expect(ask([atLimit]).state.names.size).toBe(1);
    const over = ask([`${atLimit}x`, 'b']);
    expect([...over.state.names]).toEqual(['b']);
    expect(over.events[0]).toMatchObject({ kind: 'name_refused', name: atLimit.slice(0, 100) });
  });
});
