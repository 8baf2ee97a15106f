import * as grpc from '@grpc/grpc-js';
import { testDefinitions } from '../../fakes/proto-files.ts';

type Method = grpc.MethodDefinition<object, object>;

/** One call over a Unix socket, on a connection of its own. */
export function callUnary(
  socketPath: string,
  service: string,
  name: string,
  request: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<object> {
  const method = testDefinitions().service(service)[name] as Method;
  const client = new grpc.Client(`unix:${socketPath}`, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      grpc.Metadata.fromHttp2Headers(headers),
      { deadline: Date.now() + 10_000 },
      (error, response) => {
        client.close();
        if (error !== null) {
          reject(error);
        } else {
          resolve(response ?? {});
        }
      },
    );
  });
}
