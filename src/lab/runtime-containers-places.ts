import { FIXED_PORTS, type Places } from './places.ts';

/** User and group of Envoy's official image. */
export const ENVOY_USER = '101:101';
/** Sallyport is in this group too and gives it the sockets, which takes no privilege. */
export const ENVOY_GROUP = '101';
export const CONTAINER_SOCKET_OWNER = `:${ENVOY_GROUP}`;

/** Where everything is when each service is a container: for the lab and for `docker-compose.yml`. */
export const CONTAINER_PLACES: Places = {
  bind: (_, port) => ({ host: '0.0.0.0', port: FIXED_PORTS[port] }),
  dial: (service, port) => ({ host: service, port: FIXED_PORTS[port] }),
  folders: { config: '/etc/sallyport', sockets: '/run/sallyport', state: '/var/lib/sallyport' },
};
