import * as grpc from '@grpc/grpc-js';
import { testDefinitions } from '../../fakes/proto-files.ts';

/** A process that opens a stream of secrets at the target it is given, asks, and waits until it is killed. */
const [target = ''] = process.argv.slice(2);
const service = testDefinitions().service('envoy.service.secret.v3.SecretDiscoveryService');
const method = service['StreamSecrets'] as grpc.MethodDefinition<object, object>;
const client = new grpc.Client(target, grpc.credentials.createInsecure());
const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
call.on('error', () => undefined);
call.write({ resource_names: ['default'] }, () => process.stdout.write('asked\n'));
