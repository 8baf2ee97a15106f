import { TOKEN_ISSUER } from './identities.ts';
import { bootstrapFile, SETTINGS_FILE } from './lab-files.ts';
import type { Places, ServiceName } from './places.ts';
import { PROXY_NAMES } from './proxies.ts';
import type { Service } from './runtime.ts';

/** Everything that runs, in stages: what stands in one may start at the same time. */
export function labStages(places: Places): readonly (readonly Service[])[] {
  return [
    [
      nodeService(places, 'issuer', 'issuer', TOKEN_ISSUER),
      nodeService(places, 'frontend-app', 'echo', 'frontend'),
      nodeService(places, 'orders-app', 'echo', 'orders'),
      SALLYPORT,
    ],
    PROXY_NAMES.map((name) => ({ name, program: { kind: 'envoy', configFile: bootstrapFile(name) } })),
  ];
}

export const SALLYPORT: Service = {
  name: 'sallyport',
  program: { kind: 'sallyport', configFile: SETTINGS_FILE },
};

/** What tells that a service does its work: a path that answers 200. */
export function readinessOf(service: ServiceName): {
  readonly port: 'admin' | 'http';
  readonly path: string;
} {
  switch (service) {
    case 'sallyport':
      return { port: 'admin', path: '/readyz' };
    case 'issuer':
    case 'frontend-app':
    case 'orders-app':
      return { port: 'http', path: '/livez' };
    case 'edge':
    case 'frontend':
    case 'orders':
    case 'intruder':
      return { port: 'admin', path: '/ready' };
  }
}

function nodeService(
  places: Places,
  service: 'issuer' | 'frontend-app' | 'orders-app',
  script: 'issuer' | 'echo',
  name: string,
): Service {
  const { host, port } = places.bind(service, 'http');
  return {
    name: service,
    program: { kind: 'node', script, args: ['--host', host, '--port', String(port), '--name', name] },
  };
}
