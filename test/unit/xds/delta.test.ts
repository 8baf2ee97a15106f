import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import type { DeltaDiscoveryResponse } from '../../../src/proto/index.ts';
import { newStream, takeDelta } from '../../../src/xds/index.ts';
import { delta, deltaRequest, deltaUpdate, REFUSED, type Step, TYPE_URL, versionOf, viewOf } from './bed.ts';

type Contents = Readonly<Record<string, string>>;

interface Turn {
  readonly on?: readonly string[];
  readonly off?: readonly string[];
  /** Contents the client says it holds from an earlier stream. */
  readonly holds?: Contents;
  readonly answer?: 'ack' | 'nack';
  /** Which response is answered: 1 is the first. Default: the last. */
  readonly of?: number;
  readonly nonce?: string;
  readonly world?: Contents;
  /** The contents of each response that goes out; `-name` for one that is said to be gone. */
  readonly sends: readonly (readonly string[])[];
  readonly events?: readonly string[];
}

const AB = { a: 'a1', b: 'b1' };

const table: readonly { readonly name: string; readonly world: Contents; readonly turns: readonly Turn[] }[] =
  [
    {
      name: 'first subscribe: what is asked for',
      world: AB,
      turns: [{ on: ['a'], sends: [['a1']], events: ['subscribed', 'pushed'] }],
    },
    {
      name: 'first request without names: everything',
      world: AB,
      turns: [{ on: [], sends: [['a1', 'b1']] }],
    },
    {
      name: 'a later request without names changes nothing',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        { on: [], answer: 'ack', sends: [], events: ['accepted'] },
        { world: { a: 'a1', b: 'b2' }, sends: [] },
      ],
    },
    {
      name: 'NACK: no loop, new content is sent',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        { answer: 'nack', sends: [], events: ['rejected'] },
        { world: AB, sends: [] },
        { world: { a: 'a2' }, sends: [['a2']] },
      ],
    },
    {
      name: 'each response is answered by itself, in any order',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        { on: ['b'], sends: [['b1']] },
        { answer: 'ack', of: 2, sends: [], events: ['accepted'] },
        { answer: 'nack', of: 1, sends: [], events: ['rejected'] },
      ],
    },
    {
      name: 'a nonce that never was: nothing is answered by it, its names count',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        {
          on: ['b'],
          answer: 'ack',
          nonce: 'other.1',
          sends: [['b1']],
          events: ['stale', 'subscribed', 'pushed'],
        },
      ],
    },
    {
      name: 'a name subscribed twice: answered twice',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        { answer: 'ack', sends: [] },
        { on: ['a'], sends: [['a1']], events: ['pushed'] },
      ],
    },
    {
      name: 'a subscribe together with an ACK: answered',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        { on: ['a', 'b'], answer: 'ack', sends: [['a1', 'b1']] },
      ],
    },
    {
      name: 'unsubscribe: no more of it, and a new subscribe is answered',
      world: AB,
      turns: [
        { on: ['a', 'b'], sends: [['a1', 'b1']] },
        { off: ['b'], sends: [], events: ['unsubscribed'] },
        { world: { a: 'a1', b: 'b2' }, sends: [] },
        { on: ['b'], sends: [['b2']] },
      ],
    },
    {
      name: 'reconnect with the current version: skipped',
      world: AB,
      turns: [{ on: ['a'], holds: { a: 'a1' }, sends: [], events: ['subscribed'] }],
    },
    {
      name: 'reconnect with an older version: sent',
      world: AB,
      turns: [{ on: ['a', 'b'], holds: { a: 'a0', b: 'b1' }, sends: [['a1']] }],
    },
    {
      name: 'reconnect for everything: what differs and what is new',
      world: { ...AB, c: 'c1' },
      turns: [{ on: [], holds: { a: 'a1', b: 'b0' }, sends: [['b1', 'c1']] }],
    },
    {
      name: 'reconnect before the content is there: skipped when it turns out the same',
      world: { a: 'pending', b: 'pending' },
      turns: [
        { on: ['a', 'b'], holds: { a: 'a1', b: 'b0' }, sends: [] },
        { world: AB, sends: [['b1']] },
      ],
    },
    {
      name: 'reconnect with what is gone: said once',
      world: {},
      turns: [
        { on: ['a'], holds: { a: 'a1' }, sends: [['-a']] },
        { world: {}, sends: [] },
      ],
    },
    {
      name: 'a reconnect claims names it does not subscribe to: not looked at',
      world: AB,
      turns: [{ on: ['a'], holds: { b: 'b0', c: 'c0' }, sends: [['a1']] }],
    },
    {
      name: 'skipped at the reconnect, subscribed later: answered',
      world: AB,
      turns: [
        { on: ['a'], holds: { a: 'a1' }, sends: [] },
        { on: ['a'], sends: [['a1']] },
      ],
    },
    {
      name: 'versions of a later request count for nothing',
      world: AB,
      turns: [
        { on: ['b'], sends: [['b1']] },
        { on: ['a'], holds: { a: 'a1' }, sends: [['a1']] },
      ],
    },
    {
      name: 'a name that goes: said once, and sent when it is back',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        { world: {}, sends: [['-a']], events: ['withdrawn'] },
        { world: {}, sends: [] },
        { world: AB, sends: [['a1']] },
      ],
    },
    {
      name: 'a name that is made anew: nothing is said until it is there',
      world: AB,
      turns: [
        { on: ['a'], sends: [['a1']] },
        { world: { a: 'pending' }, sends: [] },
        { world: { a: 'a2' }, sends: [['a2']] },
      ],
    },
    {
      name: 'a name nobody has: silence until it appears',
      world: {},
      turns: [
        { on: ['a'], sends: [] },
        { world: AB, sends: [['a1']] },
      ],
    },
    {
      name: 'one goes and one changes: one response',
      world: AB,
      turns: [
        { on: ['a', 'b'], sends: [['a1', 'b1']] },
        { world: { b: 'b2' }, sends: [['b2', '-a']] },
      ],
    },
    {
      name: 'everything given up, a name kept',
      world: AB,
      turns: [
        { on: ['*', 'a'], sends: [['a1', 'b1']] },
        { off: ['*'], sends: [] },
        { world: { a: 'a2', b: 'b2' }, sends: [['a2']] },
      ],
    },
  ];

function play(world: Contents, turns: readonly Turn[]): void {
  let state = newStream('s');
  let view = viewOf(world);
  const responses: DeltaDiscoveryResponse[] = [];
  for (const [index, turn] of turns.entries()) {
    let step: Step<DeltaDiscoveryResponse>;
    if (turn.world !== undefined) {
      view = viewOf(turn.world);
      step = deltaUpdate(state, { view });
    } else {
      const answered = responses[(turn.of ?? responses.length) - 1];
      const request = delta({
        resource_names_subscribe: turn.on ?? [],
        resource_names_unsubscribe: turn.off ?? [],
        initial_resource_versions: Object.fromEntries(
          Object.entries(turn.holds ?? {}).map(([name, content]) => [name, versionOf(content)]),
        ),
        response_nonce: turn.nonce ?? (turn.answer === undefined ? '' : (answered?.nonce ?? '')),
        error_detail: turn.answer === 'nack' ? REFUSED : null,
      });
      step = deltaRequest(state, request, { view });
    }
    const sent = step.messages.map(({ resources, removed_resources }) => [
      ...resources.map(({ resource }) => resource.value.toString()),
      ...removed_resources.map((name) => `-${name}`),
    ]);
    expect(sent, `turn ${index + 1}`).toEqual(turn.sends);
    if (turn.events !== undefined) {
      expect(
        step.events.map(({ kind }) => kind),
        `turn ${index + 1}`,
      ).toEqual(turn.events);
    }
    responses.push(...step.messages);
    state = step.state;
  }
}

describe('an incremental stream', () => {
  it.each(table)('$name', ({ world, turns }) => play(world, turns));

  it('names and versions each resource', () => {
    const step = deltaRequest(newStream('s'), delta({ resource_names_subscribe: ['a'] }), {
      view: viewOf(AB),
    });
    expect(step.messages[0]).toMatchObject({
      type_url: TYPE_URL,
      nonce: 's.1',
      resources: [{ name: 'a', version: versionOf('a1') }],
    });
  });

  it('counts what it has already against the limit of names', () => {
    const input = { view: viewOf({}) };
    const names = Array.from({ length: LIMITS.resourceNames }, (_, index) => `n${index}`);
    const full = deltaRequest(newStream('s'), delta({ resource_names_subscribe: names }), input);
    expect(full.end).toBeUndefined();
    const over = deltaRequest(full.state, delta({ resource_names_subscribe: ['one more'] }), input);
    expect(over.end).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    const swap = delta({ resource_names_subscribe: ['one more'], resource_names_unsubscribe: ['n0'] });
    expect(deltaRequest(full.state, swap, input).end).toBeUndefined();
  });

  it('remembers of what a client brings along no more than the limits, and sends the rest', () => {
    const version = versionOf('a1');
    const brought = (versions: Readonly<Record<string, string>>) =>
      takeDelta(newStream('s'), delta({ initial_resource_versions: versions }), TYPE_URL).state.sent;
    expect(brought({ a: version, zz: 'x'.repeat(LIMITS.resourceVersionChars) }).has('zz')).toBe(true);
    expect(brought({ a: version, zz: 'x'.repeat(LIMITS.resourceVersionChars + 1) }).has('zz')).toBe(false);
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [String(index).padEnd(2000, 'x'), 'v']),
    );
    expect([...brought(many).keys()].join('').length).toBeLessThanOrEqual(LIMITS.subscriptionBytes + 10);
  });

  it('ignores a request for another type', () => {
    const step = deltaRequest(newStream('s'), delta({ type_url: 'x', resource_names_subscribe: ['a'] }), {
      view: viewOf(AB),
    });
    expect(step).toMatchObject({ messages: [], events: [{ kind: 'type_refused' }] });
  });
});
