import { describe, expect, it } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import { parseWorkloadEndpoint, workloadEndpoint } from '../../../src/cli/workload-endpoint.ts';

function codeOf(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return errorCodeOf(error);
  }
}

describe('the address of a Workload API', () => {
  it.each([
    ['unix:///run/sallyport/web.sock', 'unix:/run/sallyport/web.sock'],
    ['unix:/run/sallyport/web.sock', 'unix:/run/sallyport/web.sock'],
    ['tcp://127.0.0.1:8081', 'ipv4:127.0.0.1:8081'],
    ['tcp://[::1]:65535', 'ipv6:[::1]:65535'],
  ])('%s is understood', (text, target) => {
    expect(parseWorkloadEndpoint(text)).toBe(target);
  });

  it.each([
    '',
    '/run/web.sock',
    'unix:run/web.sock',
    'unix://run/web.sock',
    'unix:////run/web.sock',
    'unix:///',
    'unix:///run/web.sock?x',
    'unix:///run/web.sock#x',
    'unix:///run/\0',
    'tcp://localhost:8081',
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:0',
    'tcp://127.0.0.1:65536',
    'tcp://127.0.0.1:8081/',
    'tcp://127.0.0.1:8081?x',
    'tcp://::1:8081',
    'tcp://[127.0.0.1]:8081',
    'tcp://256.0.0.1:1',
    'http://127.0.0.1:8081',
    'UNIX:///run/web.sock',
  ])('`%s` is not', (text) => {
    expect(codeOf(() => parseWorkloadEndpoint(text))).toBe('ERR_CLI_ENDPOINT');
  });

  it('takes a path of 107 bytes and refuses one of 108', () => {
    const path = (bytes: number) => `unix://${'/'.padEnd(bytes, 'x')}`;
    expect(codeOf(() => parseWorkloadEndpoint(path(107)))).toBe(`unix:${'/'.padEnd(107, 'x')}`);
    expect(codeOf(() => parseWorkloadEndpoint(path(108)))).toBe('ERR_UNIX_PATH_TOO_LONG');
  });

  it('is that of the flag before that of the environment, and has to be one of them', () => {
    expect(workloadEndpoint('unix:/a', 'unix:/b')).toBe('unix:/a');
    expect(workloadEndpoint(undefined, 'unix:/b')).toBe('unix:/b');
    expect(codeOf(() => workloadEndpoint(undefined, undefined))).toBe('ERR_CLI_ENDPOINT');
    expect(codeOf(() => workloadEndpoint(undefined, ''))).toBe('ERR_CLI_ENDPOINT');
  });
});
