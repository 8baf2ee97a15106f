import { createServer } from 'node:net';
import { SallyportError } from '../base/index.ts';

/** `count` ports nobody listens on, all different; held together for a moment so that none comes twice. */
export async function freePorts(host: string, count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(host, 0)));
  const ports = servers.map((server) => portOf(server.address()));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Throws `ERR_LAB_PORT` when something listens there already. */
export async function checkFree(host: string, port: number): Promise<void> {
  try {
    const server = await listen(host, port);
    await new Promise((resolve) => server.close(resolve));
  } catch (cause) {
    throw new SallyportError('ERR_LAB_PORT', `port ${port} on ${host} cannot be had`, {
      cause,
      hint: 'stop what listens there, or choose another port',
    });
  }
}

type Server = ReturnType<typeof createServer>;

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function portOf(address: ReturnType<Server['address']>): number {
  if (address === null || typeof address === 'string') {
    throw new SallyportError('ERR_LAB_PORT', 'the system gave no port');
  }
  return address.port;
}
