import * as grpc from '@grpc/grpc-js';
import { SallyportError } from '../base/index.ts';
import type { Definitions } from '../proto/index.ts';
import type { JwtBundlesResponse, JwtSvidResponse, X509SvidResponse } from './messages.ts';

/** The Workload API as a workload sees it, ours or another one's. */
export interface WorkloadApiClient {
  /** The first state of the stream, which is the whole. */
  x509Svids(): Promise<X509SvidResponse>;
  jwtSvids(audiences: readonly string[], spiffeId: string | undefined): Promise<JwtSvidResponse>;
  jwtBundles(): Promise<JwtBundlesResponse>;
  close(): void;
}

export interface WorkloadApiClientOptions {
  readonly definitions: Definitions;
  /** As grpc-js names it: `unix:/path`, `ipv4:127.0.0.1:1`. */
  readonly target: string;
  /** How long each call may take. */
  readonly timeoutMillis: number;
  readonly nowMillis: () => number;
}

type Method = grpc.MethodDefinition<object, object>;

/** Calls reject with `ERR_WORKLOAD_API_NO_IDENTITY` for a stranger and with `ERR_CLI_UNREACHABLE` for the rest. */
export function createWorkloadApiClient(options: WorkloadApiClientOptions): WorkloadApiClient {
  const { definitions, target, timeoutMillis, nowMillis } = options;
  const service = definitions.service('SpiffeWorkloadAPI');
  const client = new grpc.Client(target, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    // A proxy of the environment must never stand between a workload and its keys.
    'grpc.enable_http_proxy': 0,
  });
  const methodOf = (name: string): Method => service[name] as unknown as Method;
  const deadline = (): grpc.CallOptions => ({ deadline: nowMillis() + timeoutMillis });

  function first<Response>(name: string): Promise<Response> {
    const method = methodOf(name);
    return new Promise((resolve, reject) => {
      const call = client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        {},
        securityHeader(),
        deadline(),
      );
      call.once('data', (response: Response) => {
        resolve(response);
        call.cancel();
      });
      call.on('error', (error: grpc.ServiceError) => reject(errorOf(error, target)));
      call.once('end', () => reject(errorOf(undefined, target)));
    });
  }

  function unary<Response>(name: string, request: object): Promise<Response> {
    const method = methodOf(name);
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        securityHeader(),
        deadline(),
        (error, response) =>
          error === null ? resolve(response as Response) : reject(errorOf(error, target)),
      );
    });
  }

  return {
    x509Svids: () => first('FetchX509SVID'),
    jwtSvids: (audience, spiffeId = '') => unary('FetchJWTSVID', { audience, spiffe_id: spiffeId }),
    jwtBundles: () => first('FetchJWTBundles'),
    close: () => client.close(),
  };
}

function securityHeader(): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set('workload.spiffe.io', 'true');
  return metadata;
}

function errorOf(error: grpc.ServiceError | undefined, target: string): SallyportError {
  if (error?.code === grpc.status.PERMISSION_DENIED) {
    return new SallyportError('ERR_WORKLOAD_API_NO_IDENTITY', 'no identity issued', {
      hint: 'the operator of sallyport sees with `sallyport who-am-i` what is missing',
    });
  }
  const said = error === undefined ? 'the answer is empty' : error.details;
  return new SallyportError(
    'ERR_CLI_UNREACHABLE',
    `the Workload API at \`${target}\` gives no answer: ${said}`,
    {
      hint: 'name its socket with `--socket` or `SPIFFE_ENDPOINT_SOCKET`',
    },
  );
}
