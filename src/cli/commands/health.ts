import { request } from 'node:http';
import { Command } from 'commander';
import {
  errorText,
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
  SallyportError,
} from '../../base/index.ts';
import { EXIT } from '../exit-code.ts';

const TIMEOUT_MILLIS = 5000;
const BODY_BYTES_MAX = 64 * 1024;

/** `sallyport health`: asks the admin listener of a running Sallyport whether it is ready; for health checks. */
export function healthCommand(): Command {
  return new Command('health')
    .description('ask a running Sallyport whether it is ready; exit code 0 when it is')
    .option('--address <address>', 'its admin listener', '127.0.0.1:9180')
    .action(async (flags: { readonly address: string }) => {
      const address = parseListenAddress(flags.address);
      const { status, body } = await askReadiness(address);
      process.stdout.write(`${body.trim()}\n`);
      process.exitCode = status === 200 ? EXIT.ok : EXIT.failed;
    });
}

function askReadiness(address: ListenAddress): Promise<{ readonly status: number; readonly body: string }> {
  const target =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    const call = request({ ...target, path: '/readyz', timeout: TIMEOUT_MILLIS }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body = (body + part).slice(0, BODY_BYTES_MAX);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', fail);
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MILLIS} ms`)));
    call.on('error', fail);
    call.end();
    function fail(cause: Error): void {
      reject(
        new SallyportError(
          'ERR_CLI_UNREACHABLE',
          `no sallyport answers at \`${formatListenAddress(address)}\`: ${errorText(cause)}`,
          { hint: 'give `--address` the `listeners.admin.address` of its settings', cause },
        ),
      );
    }
  });
}
