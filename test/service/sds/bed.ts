import * as grpc from '@grpc/grpc-js';
import { expect } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import type { GrpcListener, GrpcListenerOptions } from '../../../src/grpc/index.ts';
import { parseTrustDomain } from '../../../src/identity/index.ts';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '../../../src/proto/index.ts';
import {
  createSecretService,
  type SecretService,
  type SecretServiceOptions,
} from '../../../src/sds/index.ts';
import type { RegistrationEntry } from '../../../src/workload/index.ts';
import { entryFor, type FakeEntries, fakeEntries } from '../../fakes/entries.ts';
import { type EventLog, eventLog } from '../../fakes/events.ts';
import { type FakeIssuer, fakeIssuer } from '../../fakes/issuer.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { cleanUp, openListener, socketPath } from '../grpc/bed.ts';
import { type SeenStream, seenStream } from '../grpc/seen-stream.ts';

export const TRUST_DOMAIN = parseTrustDomain('example.org');
export const ORDERS = 'spiffe://example.org/ns/shop/sa/orders';
export const BILLING = 'spiffe://example.org/ns/shop/sa/billing';
/** What a caller of the bed's listener shows. */
export const SELECTOR = 'sallyport:socket:test';

export interface SdsBed {
  readonly issuer: FakeIssuer;
  readonly entries: FakeEntries;
  readonly service: SecretService;
  readonly listener: GrpcListener;
  readonly log: EventLog;
  readonly client: SdsClient;
}

export async function sdsBed(
  entries: readonly RegistrationEntry[] = [entryFor(ORDERS, [SELECTOR])],
  options: Partial<SecretServiceOptions> = {},
  listening: Partial<GrpcListenerOptions> = {},
): Promise<SdsBed> {
  const issuer = fakeIssuer(TRUST_DOMAIN);
  const source = fakeEntries(TRUST_DOMAIN, ...entries);
  const log = eventLog();
  const service = createSecretService({
    definitions: testDefinitions(),
    issuer,
    entries: source,
    clock: systemClock,
    random: systemRandom,
    events: log.sink,
    ...options,
  });
  const { listener, target } = await openListener({
    address: { kind: 'unix', path: socketPath(), mode: 0o600, mayTakeOver: false },
    services: [service.source],
    ...listening,
  });
  return { issuer, entries: source, service, listener, log, client: sdsClient(target) };
}

/** What a client is sent, read as Envoy reads it. */
export type SeenSecret =
  | { readonly name: string; readonly chain: readonly string[]; readonly key: string }
  | { readonly name: string; readonly trustDomains: Readonly<Record<string, readonly string[]>> }
  | { readonly name: string; readonly trustedCa: readonly string[] };

export interface SecretsCall<Request, Response> extends SeenStream<Response> {
  readonly call: grpc.ClientDuplexStream<Partial<Request>, Response>;
  send(request: Partial<Request>): void;
}

export interface SdsClient {
  stream(): SecretsCall<DiscoveryRequest, DiscoveryResponse>;
  delta(): SecretsCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;
  fetch(request: Partial<DiscoveryRequest>): Promise<DiscoveryResponse>;
}

type Method = grpc.MethodDefinition<object, object>;

export function sdsClient(target: string, credentials = grpc.credentials.createInsecure()): SdsClient {
  const client = new grpc.Client(target, credentials, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': 'localhost',
  });
  cleanUp(() => client.close());
  const definition = testDefinitions().service('envoy.service.secret.v3.SecretDiscoveryService');
  const open = <Request, Response>(name: string): SecretsCall<Request, Response> => {
    const method = definition[name] as Method;
    const call = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
    ) as unknown as grpc.ClientDuplexStream<Partial<Request>, Response>;
    return secretsCall(call);
  };
  return {
    stream: () => open('StreamSecrets'),
    delta: () => open('DeltaSecrets'),
    fetch: (request) =>
      new Promise((resolve, reject) => {
        const method = definition['FetchSecrets'] as Method;
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          (error, response) => (error ? reject(error) : resolve(response as DiscoveryResponse)),
        );
      }),
  };
}

function secretsCall<Request, Response>(
  call: grpc.ClientDuplexStream<Partial<Request>, Response>,
): SecretsCall<Request, Response> {
  return { ...seenStream<Response>(call), call, send: (request) => void call.write(request) };
}

interface Source {
  readonly inline_bytes: Uint8Array;
}

interface DecodedSecret {
  readonly name: string;
  readonly tls_certificate: { certificate_chain: Source; private_key: Source } | null;
  readonly validation_context: {
    readonly trusted_ca: Source | null;
    readonly custom_validator_config: {
      name: string;
      typed_config: { type_url: string; value: Uint8Array };
    } | null;
  } | null;
}

/** The secrets of a response. */
export function secretsOf(response: Pick<DiscoveryResponse, 'resources'>): readonly SeenSecret[] {
  return response.resources.map((any) => readSecret(any.value));
}

export function deltaSecretsOf(response: DeltaDiscoveryResponse): readonly SeenSecret[] {
  return response.resources.map(({ resource }) => readSecret(resource.value));
}

function readSecret(bytes: Uint8Array): SeenSecret {
  const { name, chain, key, trustedCa, trustDomain } = decodeSecret(bytes);
  if (chain !== undefined) {
    return { name, chain: pemTexts(chain), key: pemTexts(key ?? '')[0] ?? '' };
  }
  return trustDomain === undefined
    ? { name, trustedCa: pemTexts(trustedCa ?? '') }
    : { name, trustDomains: { [trustDomain]: pemTexts(trustedCa ?? '') } };
}

/** The PEM texts of the only secret of a response, empty where there is none. */
export function pemOf(response: DiscoveryResponse): { chain: string; key: string; trustedCa: string } {
  const [any] = response.resources;
  const { chain = '', key = '', trustedCa = '' } = decodeSecret(any?.value ?? Buffer.alloc(0));
  return { chain, key, trustedCa };
}

function decodeSecret(bytes: Uint8Array): {
  readonly name: string;
  readonly chain?: string;
  readonly key?: string;
  readonly trustedCa?: string;
  readonly trustDomain?: string;
} {
  const definitions = testDefinitions();
  const package_ = 'envoy.extensions.transport_sockets.tls.v3';
  const secret = definitions.decodeMessage(`${package_}.Secret`, bytes) as DecodedSecret;
  const { name, tls_certificate: certificate, validation_context: context } = secret;
  const textOf = (source: Source | null | undefined): string =>
    Buffer.from(source?.inline_bytes ?? []).toString();
  if (certificate !== null && certificate !== undefined) {
    return { name, chain: textOf(certificate.certificate_chain), key: textOf(certificate.private_key) };
  }
  const custom = context?.custom_validator_config;
  if (custom === null || custom === undefined) {
    return { name, trustedCa: textOf(context?.trusted_ca) };
  }
  const config = definitions.decodeMessage(
    `${package_}.SPIFFECertValidatorConfig`,
    custom.typed_config.value,
  ) as {
    trust_domains: readonly { name: string; trust_bundle: Source }[];
  };
  const [domain, ...more] = config.trust_domains;
  expect(custom.name).toBe('envoy.tls.cert_validator.spiffe');
  expect(more).toEqual([]);
  return { name, trustDomain: domain?.name ?? '', trustedCa: textOf(domain?.trust_bundle) };
}

/** What is between the lines of PEM; the fakes put text there. */
function pemTexts(pem: string): readonly string[] {
  return [...pem.matchAll(/-----BEGIN [A-Z ]+-----\n([^-]+)-----END/g)].map(([, body]) =>
    Buffer.from(body ?? '', 'base64').toString(),
  );
}
