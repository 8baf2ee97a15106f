import { fromJSON, type MessageTypeDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { SallyportError } from '../base/index.ts';

/** The codecs of everything under `proto/`, made once at start. */
export interface Definitions {
  /** What grpc-js `addService` takes, by full name (`grpc.health.v1.Health`); messages as `messages.ts` types them. */
  service(name: string): ServiceDefinition;
  /** Missing fields are defaults, unknown ones are ignored. Throws `ERR_PROTO_MESSAGE`. */
  encodeMessage(typeName: string, message: object): Uint8Array;
  /** Throws `ERR_PROTO_MESSAGE` for bytes that are not such a message. */
  decodeMessage(typeName: string, bytes: Uint8Array): object;
}

/**
 * Makes codecs of .proto texts by their path under `proto/`
 * (`envoy/service/auth/v3/external_auth.proto`). Well-known types of `google.protobuf` need no text.
 * Throws `ERR_PROTO_DEFINITION` for a text that does not parse or an import that was not handed in.
 */
export function loadDefinitions(files: ReadonlyMap<string, string>): Definitions {
  const loaded = fromJSON(parseAll(files).toJSON(), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });

  function typeOf(name: string): MessageTypeDefinition<object, object> {
    const found = loaded[name];
    if (found === undefined || !('deserialize' in found) || typeof found.deserialize !== 'function') {
      throw new SallyportError('ERR_PROTO_DEFINITION', `no message \`${name}\` is defined`);
    }
    return found as MessageTypeDefinition<object, object>;
  }

  return {
    service(name) {
      const found = loaded[name];
      if (found === undefined || 'format' in found) {
        throw new SallyportError('ERR_PROTO_DEFINITION', `no service \`${name}\` is defined`);
      }
      return found as ServiceDefinition;
    },
    encodeMessage: (typeName, message) => guarded(typeName, () => typeOf(typeName).serialize(message)),
    decodeMessage: (typeName, bytes) =>
      guarded(typeName, () => typeOf(typeName).deserialize(asBuffer(bytes))),
  };
}

function parseAll(files: ReadonlyMap<string, string>): protobuf.Root {
  const root = new protobuf.Root();
  const bundled = new Set<string>();
  try {
    for (const [path, text] of files) {
      for (const wanted of protobuf.parse(text, root, { keepCase: true }).imports ?? []) {
        const common = protobuf.common.get(wanted);
        if (common?.nested !== undefined && !bundled.has(wanted)) {
          bundled.add(wanted);
          root.addJSON(common.nested);
        } else if (common === null && !files.has(wanted)) {
          throw new SallyportError(
            'ERR_PROTO_DEFINITION',
            `\`${path}\` imports \`${wanted}\`, which is missing`,
          );
        }
      }
    }
    root.resolveAll();
    return root;
  } catch (cause) {
    throw cause instanceof SallyportError
      ? cause
      : new SallyportError('ERR_PROTO_DEFINITION', 'the interface definitions do not parse', { cause });
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** protobufjs names field values in its errors, so its text stays in the cause and out of the message. */
function guarded<T>(typeName: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw cause instanceof SallyportError
      ? cause
      : new SallyportError('ERR_PROTO_MESSAGE', `not a message of type \`${typeName}\``, { cause });
  }
}
