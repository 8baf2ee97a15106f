import { connect } from 'node:http2';

export interface TunnelCall {
  readonly port: number;
  readonly client: { readonly certificateChainPem: string; readonly privateKeyPem: string };
  readonly rootPem: string;
  readonly path: string;
  readonly host?: string;
  /** Whole lines. */
  readonly headers?: readonly string[];
}

/** A request as ztunnel sends it: HTTP in a CONNECT stream of HTTP/2 in mutual TLS. Status and our reason. */
export function callThroughHbone(call: TunnelCall): Promise<string> {
  const { port, client, rootPem, path, host = 'orders', headers = [] } = call;
  const session = connect(`https://127.0.0.1:${port}`, {
    cert: client.certificateChainPem,
    key: client.privateKeyPem,
    ca: rootPem,
    checkServerIdentity: () => undefined,
  });
  return new Promise<string>((resolve, reject) => {
    session.once('error', reject);
    const tunnel = session.request({ ':method': 'CONNECT', ':authority': '10.0.0.7:8080' });
    let answer = '';
    tunnel.setEncoding('latin1');
    tunnel.once('response', ({ ':status': status }) => {
      if (status !== 200) {
        reject(new Error(`the tunnel was refused with ${status}`));
      }
    });
    tunnel.on('data', (part: string) => {
      answer += part;
    });
    // Envoy 1.40 ends the stream with CONNECT_ERROR when the connection in it is closed, the answer being sent.
    let fault: unknown;
    tunnel.once('error', (error) => {
      fault = error;
    });
    tunnel.once('close', () => {
      if (answer === '') {
        reject(fault ?? new Error('no answer'));
        return;
      }
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'an answer without status';
      const reason = /^x-sallyport-reason: (\S+)/im.exec(answer)?.[1];
      resolve(reason === undefined ? status : `${status} ${reason}`);
    });
    const lines = [`GET ${path} HTTP/1.1`, `host: ${host}`, 'connection: close', ...headers, '', ''];
    // Not ended: Envoy takes the end of a request for the end of its connection.
    tunnel.write(lines.join('\r\n'));
  }).finally(() => session.destroy());
}
