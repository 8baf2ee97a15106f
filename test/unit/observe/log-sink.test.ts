import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AppEvent, SallyportError } from '../../../src/base/index.ts';
import { createLogSink, type LogSinkOptions } from '../../../src/observe/index.ts';
import { fakeClock } from '../../fakes/clock.ts';

function log(options: Partial<LogSinkOptions> = {}) {
  const written: string[] = [];
  const logSink = createLogSink({
    level: 'info',
    clock: fakeClock(Date.parse('2026-03-04T05:06:07.089Z')),
    destination: { write: (line) => void written.push(line) },
    ...options,
  });
  const lineOf = (event: Partial<AppEvent>): string => {
    const before = written.length;
    logSink.sink({ level: 'info', event: 'test.happened', message: 'it happened', ...event });
    expect(written.length).toBe(before + 1);
    return written.at(-1) ?? '';
  };
  const entryOf = (event: Partial<AppEvent>): Record<string, unknown> => JSON.parse(lineOf(event));
  return { ...logSink, written, lineOf, entryOf };
}

describe('createLogSink', () => {
  it('writes one JSON line for an event, with its fields beside', () => {
    expect(
      log().lineOf({ fields: { effect: 'deny', rule: 0, policy: undefined, ok: true, list: ['a'] } }),
    ).toBe(
      '{"level":"info","time":"2026-03-04T05:06:07.089Z","event":"test.happened","effect":"deny","rule":0,"ok":true,"list":["a"],"message":"it happened"}\n',
    );
  });

  it('writes an error as code and text, with its causes', () => {
    const error = new SallyportError('ERR_DURATION', 'outer', { cause: new Error('inner') });
    expect(log().entryOf({ level: 'error', error })).toMatchObject({
      level: 'error',
      errorCode: 'ERR_DURATION',
      error: 'outer: inner',
    });
    expect(log().entryOf({ error })).not.toHaveProperty('stack');
  });

  it('says where a defect is', () => {
    const entry = log().entryOf({ error: new TypeError('x is not a function') });
    expect(entry).toMatchObject({ errorCode: 'ERR_INTERNAL', error: 'x is not a function' });
    expect(String(entry['stack'])).toContain('log-sink.test.ts');
  });

  it('ends with a chain of causes that bites its tail', () => {
    const error = new Error('a');
    error.cause = error;
    expect(log().entryOf({ error })['error']).toBe('a: a: a: a: a');
  });

  it('writes what its level lets through, and the level can change', () => {
    const { sink, setLevel, written } = log({ level: 'warn' });
    const send = () => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) {
        sink({ level, event: 'e', message: level });
      }
      return written.splice(0).map((line) => JSON.parse(line)['level']);
    };
    expect(send()).toEqual(['warn', 'error']);
    setLevel('debug');
    expect(send()).toEqual(['debug', 'info', 'warn', 'error']);
    setLevel('error');
    expect(send()).toEqual(['error']);
  });

  it('leaves out verdicts when told so, unless something is wrong', () => {
    const { sink, written } = log({ decisions: false });
    sink({ level: 'info', event: 'authz.decision', message: 'm' });
    sink({ level: 'info', event: 'sds.pushed', message: 'm' });
    sink({ level: 'error', event: 'authz.decision', message: 'm' });
    expect(written.map((line) => JSON.parse(line)['event'])).toEqual(['sds.pushed', 'authz.decision']);
  });

  it('flushes its destination', () => {
    const calls: string[] = [];
    log({ destination: { write: () => {}, flushSync: () => void calls.push('flushed') } }).flush();
    expect(calls).toEqual(['flushed']);
  });

  it('keeps its own members from being written over', () => {
    const entry = log().entryOf({ fields: { level: 'x', event: 'y', time: 0, message: 'z', error: 'w' } });
    expect(entry).toMatchObject({
      level: 'info',
      event: 'test.happened',
      message: 'it happened',
      error_: 'w',
    });
    expect(entry).toMatchObject({ level_: 'x', event_: 'y', time_: 0, message_: 'z' });
    expect(Object.keys(entry).length).toBe(9);
  });

  it('keeps control characters and turned text from a terminal', () => {
    const nasty = 'a\n{"event":"forged"}\r\u001b[2J\u009b31m\u2028\u202e\u0000\u007f\ufeff\ud800';
    const line = log().lineOf({ message: nasty, fields: { [nasty]: nasty } });
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/u);
    expect(JSON.parse(line)['message']).toBe(nasty);
  });

  it.each<[string, unknown, unknown]>([
    ['bytes', new Uint8Array([1, 2, 3]), '(3 bytes)'],
    ['a buffer', Buffer.from('secret'), '(6 bytes)'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no date', new Date(Number.NaN), 'no date'],
    ['a big number', 2n ** 70n, '1180591620717411303424'],
    ['no number', Number.NaN, 'NaN'],
    ['a map', new Map([['a', 1]]), { a: 1 }],
    ['a set', new Set(['a']), ['a']],
    ['an error', new Error('inner'), 'inner'],
    ['nothing', null, null],
  ])('writes %s', (_, value, written) => {
    expect(log().entryOf({ fields: { value } })['value']).toEqual(written);
  });

  it('bounds depth, members and length, and ends with a circle', () => {
    const circle: Record<string, unknown> = {
      long: 'x'.repeat(5000),
      many: Array.from({ length: 500 }, () => 1),
    };
    circle['self'] = circle;
    const line = log().lineOf({ fields: { circle }, message: 'y'.repeat(100_000) });
    expect(line.length).toBeLessThan(50_000);
    expect(JSON.parse(line)['circle']['long']).toMatch(/^x{4096}… \(5000 characters\)$/);
    expect(JSON.parse(line)['circle']['many'].length).toBe(101);
  });

  it('takes a field by the name of `__proto__` as a name like any other', () => {
    const fields = JSON.parse('{"inner":{"__proto__":{"polluted":true}}}');
    expect(log().lineOf({ fields })).toContain('"__proto__":{"polluted":true}');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('secrets', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'ES256' })}.${part({ sub: 'alice' })}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg`;
  const body = pem.split('\n')[1] ?? '';

  /** Every place an event has, with what is planted there. */
  const places: readonly [string, (secret: string) => Partial<AppEvent>][] = [
    ['the message', (secret) => ({ message: `refused ${secret} here` })],
    ['a field', (secret) => ({ fields: { text: secret } })],
    ['a list in a field', (secret) => ({ fields: { a: { b: [`x ${secret}`] } } })],
    ['the name of a field', (secret) => ({ fields: { a: { [secret]: 1 } } })],
    ['a map', (secret) => ({ fields: { a: new Map([[secret, secret]]) } })],
    ['an error in a field', (secret) => ({ fields: { failure: new Error(secret) } })],
    ['an error', (secret) => ({ error: new Error(`Unexpected token in ${secret}`) })],
    [
      'a cause',
      (secret) => ({ error: new SallyportError('ERR_INTERNAL', 'x', { cause: new Error(secret) }) }),
    ],
    ['thrown text', (secret) => ({ error: secret })],
  ];

  it.each(places)('are kept out of %s', (_, plant) => {
    for (const [secret, parts] of [
      [pem, [body]],
      [pem.replaceAll('\n', ' '), [body]],
      [der.toString('base64'), [der.toString('base64').slice(10, 60)]],
      [token, token.split('.')],
      [`${token}.more.parts`, token.split('.')],
      [`Authorization: Bearer opaque-token-123`, ['opaque-token-123']],
      ['Basic YWxpY2U6cGFzc3dvcmQ=', ['YWxpY2U6cGFzc3dvcmQ']],
      ['/a?access_token=opaque-123&x=1', ['opaque-123']],
      ['password=hunter2', ['hunter2']],
    ] as const) {
      const line = log().lineOf(plant(secret));
      for (const text of parts) {
        expect(line).not.toContain(text);
      }
    }
  });

  it.each([
    'authorization',
    'Cookie',
    'set-cookie',
    'password',
    'passphrase',
    'token',
    'privateKey',
    'private_key',
    'jwt',
  ])('are hidden under the name `%s`, at any depth', (name) => {
    const line = log().lineOf({ fields: { [name]: 'hunter2', inner: { [name]: { a: ['hunter2'] } } } });
    expect(line).not.toContain('hunter2');
    expect(line).toContain('[redacted]');
  });

  it('leave the rest of a line as it is', () => {
    const fields = {
      path: '/orders?page=2',
      id: 'spiffe://example.org/ns/web/sa/frontend',
      token: 3,
      reason: 'token_expired',
    };
    expect(log().entryOf({ message: 'basically fine', fields })).toMatchObject({
      ...fields,
      message: 'basically fine',
    });
  });
});
