/** A TCP address. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Every port of the lab, by the service that listens on it. */
export const SERVICE_PORTS = {
  sallyport: ['admin'],
  issuer: ['http'],
  'frontend-app': ['http'],
  'orders-app': ['http'],
  frontend: ['admin', 'inbound', 'orders', 'courier', 'impostor', 'ledger'],
  orders: ['admin', 'inbound', 'ledger'],
  intruder: ['admin', 'inbound', 'orders', 'ledger'],
  edge: ['admin', 'http'],
} as const;

export type ServiceName = keyof typeof SERVICE_PORTS;
export type PortName = (typeof SERVICE_PORTS)[ServiceName][number];

/**
 * Where everything of the lab is. The same topology gives the process lab, the container lab and
 * `docker-compose.yml`, by other places.
 */
export interface Places {
  /** What a service binds to: `127.0.0.1:<free port>`, or `0.0.0.0:<fixed port>` in a container. */
  bind(service: ServiceName, port: PortName): HostPort;
  /** How the other services reach it: the same, or the container's name. */
  dial(service: ServiceName, port: PortName): HostPort;
  /** Absolute, as the services see them. `sockets` stays under 60 bytes, so that every socket path fits. */
  readonly folders: { readonly config: string; readonly sockets: string; readonly state: string };
}

/** The ports of containers, where each service has a network address of its own. */
export const FIXED_PORTS: Readonly<Record<PortName, number>> = {
  admin: 9901,
  http: 8080,
  inbound: 8443,
  orders: 9001,
  courier: 9002,
  impostor: 9003,
  ledger: 9443,
};

export function isServiceName(text: string): text is ServiceName {
  return Object.hasOwn(SERVICE_PORTS, text);
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
