import { parseArgs } from 'node:util';
import { SallyportError } from '../../base/index.ts';

/** `--host 127.0.0.1 --port 8080 --name orders`, as every small program of the lab takes them. */
export interface ProgramArguments {
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

export function readProgramArguments(argv: readonly string[]): ProgramArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      name: { type: 'string', default: 'lab' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SallyportError('ERR_LAB_PORT', 'a program of the lab needs `--port` with a number up to 65535');
  }
  return { host: values.host, port, name: values.name };
}
