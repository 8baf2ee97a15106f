import { describe, expect, it } from 'vitest';
import { formatListenAddress, isLocalAddress, parseListenAddress } from '../../../src/base/index.ts';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:9191', true],
    ['127.255.0.1:0', true],
    ['[::1]:9191', true],
    ['unix:///run/x.sock', true],
    ['unix:run/x.sock', true],
    ['0.0.0.0:9191', false],
    ['10.0.0.1:65535', false],
    ['[::]:1', false],
    ['[fe80::1]:1', false],
    ['[::ffff:127.0.0.1]:1', false],
  ])('reads %s, writes it again, and knows that its being local is %s', (text, isLocal) => {
    const address = parseListenAddress(text);
    expect(formatListenAddress(address)).toBe(text);
    expect(isLocalAddress(address)).toBe(isLocal);
  });

  it.each([
    '',
    '9191',
    ':9191',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:09191',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '127.0.0.1:9191 ',
    '127.1:9191',
    '::1:9191',
    '[127.0.0.1]:9191',
    '[::1]',
    '[fe80::1%eth0]:1',
    'localhost:9191',
    'example.org:9191',
    'http://127.0.0.1:9191',
    'unix:',
    'unix://',
    'unix:///',
    'unix://host/run/x.sock',
    'unix:////run/x.sock',
    'unix:///run/',
    'unix:///run/x\0.sock',
  ])('refuses %j', (text) => {
    expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'ERR_LISTEN_ADDRESS' }));
  });

  it('counts the bytes of a socket path, not its characters', () => {
    expect(parseListenAddress(`unix:///${'x'.repeat(106)}`)).toMatchObject({ kind: 'unix' });
    expect(() => parseListenAddress(`unix:///${'é'.repeat(54)}`)).toThrow(
      expect.objectContaining({ code: 'ERR_UNIX_PATH_TOO_LONG' }),
    );
  });
});
