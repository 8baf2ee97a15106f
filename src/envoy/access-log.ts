import { HTTP_FILTER, NETWORK_FILTER } from './ext-authz.ts';
import { type JsonObject, typed } from './typed.ts';

/**
 * One JSON line on stdout for each request. Paths stand without their query, where tokens may be, and no
 * header but the request id is printed. `judge` is the filter whose metadata tells the verdict.
 */
export function httpAccessLog(listener: string, judge = HTTP_FILTER): readonly JsonObject[] {
  return [
    stdoutLog({
      ...connectionFields(listener),
      event: 'request',
      requestId: '%REQ(X-REQUEST-ID)%',
      method: '%REQ(:METHOD)%',
      path: '%PATH(NQ)%',
      authority: '%REQ(:AUTHORITY)%',
      protocol: '%PROTOCOL%',
      status: '%RESPONSE_CODE%',
      details: '%RESPONSE_CODE_DETAILS%',
      verdict: `%DYNAMIC_METADATA(${judge})%`,
    }),
  ];
}

/** One line for each connection of a TCP listener. */
export function tcpAccessLog(listener: string, judge = NETWORK_FILTER): readonly JsonObject[] {
  return [
    stdoutLog({
      ...connectionFields(listener),
      event: 'connection',
      verdict: `%DYNAMIC_METADATA(${judge})%`,
      closedBecause: '%CONNECTION_TERMINATION_DETAILS%',
    }),
  ];
}

/**
 * One line for each connection whose TLS handshake failed: it comes to no request, so nothing else tells. Where
 * plain text has a chain of its own, `plainChain` names it: Envoy takes what is not TLS for a failure, too.
 */
export function handshakeLog(listener: string, plainChain?: string): readonly JsonObject[] {
  const failed = "connection.transport_failure_reason != ''";
  return [
    {
      ...stdoutLog({ ...connectionFields(listener), event: 'handshake_failed' }),
      filter: {
        extension_filter: {
          name: 'envoy.access_loggers.extension_filters.cel',
          typed_config: typed('envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter', {
            expression:
              plainChain === undefined ? failed : `${failed} && xds.filter_chain_name != '${plainChain}'`,
          }),
        },
      },
    },
  ];
}

function connectionFields(listener: string): JsonObject {
  return {
    time: '%START_TIME%',
    listener,
    flags: '%RESPONSE_FLAGS%',
    durationMillis: '%DURATION%',
    from: '%DOWNSTREAM_REMOTE_ADDRESS%',
    peerUri: '%DOWNSTREAM_PEER_URI_SAN%',
    peerSerial: '%DOWNSTREAM_PEER_SERIAL%',
    localUri: '%DOWNSTREAM_LOCAL_URI_SAN%',
    peerFailure: '%DOWNSTREAM_TRANSPORT_FAILURE_REASON%',
    upstream: '%UPSTREAM_HOST%',
    upstreamFailure: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  };
}

function stdoutLog(fields: JsonObject): JsonObject {
  return {
    name: 'envoy.access_loggers.stdout',
    typed_config: typed('envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', {
      log_format: { json_format: fields },
    }),
  };
}
