import { join } from 'node:path';
import { formatHostPort, type PortName, type ServiceName } from './places.ts';
import type { Runtime } from './runtime.ts';
import { POLICIES_FOLDER } from './settings.ts';

export interface WrittenBundle {
  readonly file: string;
  /** What looks at it with `openssl`, where the project has that. */
  readonly checkScript: string | undefined;
}

/** What to try while the lab stays up: lines that can be pasted as they are. */
export function nextSteps(runtime: Runtime, bundle: WrittenBundle): string {
  const at = (service: ServiceName, port: PortName): string =>
    `http://${formatHostPort(runtime.reach(service, port))}`;
  const orders = formatHostPort(runtime.reach('orders', 'inbound'));
  const check = bundle.checkScript === undefined ? '' : `\n  ${bundle.checkScript} ${orders}`;
  const edge = at('edge', 'http');
  const bearer = (query: string): string =>
    `-H "authorization: Bearer $(curl -s '${at('issuer', 'http')}/token${query}')"`;
  return `
The lab is up. Things to try:

  # a visitor from outside, without and with a token
  curl -i ${edge}/public
  curl -i ${edge}/account
  curl -i ${edge}/account ${bearer('')}
  curl -i ${edge}/reports ${bearer('?roles=auditor')}

  # from service to service over mutual TLS, as frontend and as intruder
  curl -i ${at('frontend', 'orders')}/orders
  curl -i --path-as-is ${at('frontend', 'orders')}/orders/../admin
  curl -i ${at('intruder', 'orders')}/orders

  # change a policy and ask again
  ${join(runtime.hostConfigFolder, POLICIES_FOLDER, 'shop.yaml')}

  # is Sallyport well, which secrets does an Envoy hold
  curl -s ${at('sallyport', 'admin')}/readyz
  curl -s ${at('orders', 'admin')}/certs${check}

  trust bundle: ${bundle.file}
  logs:         ${runtime.logFolder}

Ctrl-C stops everything.
`;
}
