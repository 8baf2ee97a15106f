import { type JsonObject, runtimeLayers } from '../../../src/envoy/index.ts';
import type { FilterComparison } from './compare-filters.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.filters';

/** A bootstrap whose one listener has all of these filters, one behind the other. */
export function envoyWith(filters: FilterComparison['filters']): JsonObject {
  const of = (transport: 'http' | 'tcp'): readonly JsonObject[] =>
    filters
      .filter((one) => one.transport === transport)
      .map(({ filter }, index) => ({ ...filter, name: `${index}` }));
  const manager = {
    name: 'http',
    typed_config: {
      '@type': `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'http',
      route_config: {},
      http_filters: [
        ...of('http'),
        { name: 'router', typed_config: { '@type': `${TYPE}.http.router.v3.Router` } },
      ],
    },
  };
  return {
    static_resources: {
      listeners: [
        {
          name: 'all',
          address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
          filter_chains: [{ filters: [...of('tcp'), manager] }],
        },
      ],
    },
    layered_runtime: runtimeLayers(),
  };
}
