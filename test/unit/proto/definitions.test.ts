import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import {
  type DiscoveryRequest,
  loadDefinitions,
  packSecret,
  packSpiffeValidator,
  SECRET_TYPE,
  SPIFFE_VALIDATOR_TYPE,
} from '../../../src/proto/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';

const definitions = testDefinitions();

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return errorCodeOf(error);
  }
  return 'none';
}

describe('services', () => {
  test.each([
    ['envoy.service.auth.v3.Authorization', 'Check', false, false],
    ['envoy.service.secret.v3.SecretDiscoveryService', 'StreamSecrets', true, true],
    ['envoy.service.secret.v3.SecretDiscoveryService', 'FetchSecrets', false, false],
    ['grpc.health.v1.Health', 'Watch', false, true],
    ['SpiffeWorkloadAPI', 'FetchX509SVID', false, true],
  ])('%s/%s', (name, method, requestStream, responseStream) => {
    expect(definitions.service(name)[method]).toMatchObject({
      path: `/${name}/${method}`,
      requestStream,
      responseStream,
    });
  });

  test('an unknown service, and a message in its place, are refused', () => {
    expect(codeOf(() => definitions.service('no.Such'))).toBe('ERR_PROTO_DEFINITION');
    expect(codeOf(() => definitions.service(SECRET_TYPE))).toBe('ERR_PROTO_DEFINITION');
  });
});

describe('messages', () => {
  test('a request keeps its fields and fills in defaults', () => {
    const type = 'envoy.service.discovery.v3.DiscoveryRequest';
    const bytes = definitions.encodeMessage(type, {
      resource_names: ['default', 'ROOTCA'],
      node: { id: 'sidecar~1', metadata: { fields: { role: { stringValue: 'web' } } } },
    });
    const request = definitions.decodeMessage(type, bytes) as DiscoveryRequest;
    expect(request.resource_names).toEqual(['default', 'ROOTCA']);
    expect(request.node?.id).toBe('sidecar~1');
    expect(request.node?.metadata?.fields?.['role']?.stringValue).toBe('web');
    expect(request).toMatchObject({ version_info: '', type_url: '', error_detail: null });
  });

  test('a secret is packed under the type URL that Envoy expects', () => {
    const secret = {
      name: 'default',
      tls_certificate: {
        certificate_chain: { inline_bytes: Uint8Array.of(1, 2) },
        private_key: { inline_bytes: Uint8Array.of(3) },
      },
    };
    const packed = packSecret(definitions, secret);
    expect(packed.type_url).toBe(`type.googleapis.com/${SECRET_TYPE}`);
    const hex = Buffer.from(packed.value).toString('hex');
    // name 1 "default"; tls_certificate 2 { chain 1 { inline_bytes 2 }, key 2 { inline_bytes 2 } }
    expect(hex).toBe('0a0764656661756c74' + '120b' + '0a0412020102' + '1203120103');
  });

  test('a SPIFFE validator is packed', () => {
    const packed = packSpiffeValidator(definitions, {
      trust_domains: [{ name: 'example.org', trust_bundle: { inline_bytes: Buffer.from('pem') } }],
    });
    expect(definitions.decodeMessage(SPIFFE_VALIDATOR_TYPE, packed.value)).toMatchObject({
      trust_domains: [{ name: 'example.org', trust_bundle: { inline_bytes: Buffer.from('pem') } }],
    });
  });

  test('bytes that are no message are refused, and the text of the error holds none of them', () => {
    expect(codeOf(() => definitions.decodeMessage(SECRET_TYPE, Uint8Array.of(0x12, 0x7f, 0x0a)))).toBe(
      'ERR_PROTO_MESSAGE',
    );
    expect(codeOf(() => definitions.encodeMessage(SECRET_TYPE, { tls_certificate: 'hunter2' }))).toBe(
      'ERR_PROTO_MESSAGE',
    );
  });
});

test.each([
  ['does not parse', { 'a.proto': 'syntax = "proto3"; message {' }],
  ['imports what is missing', { 'a.proto': 'syntax = "proto3"; import "b.proto";' }],
  ['uses a type that nobody defines', { 'a.proto': 'syntax = "proto3"; message A { B b = 1; }' }],
])('a definition that %s is refused', (_, texts) => {
  expect(codeOf(() => loadDefinitions(new Map(Object.entries(texts))))).toBe('ERR_PROTO_DEFINITION');
});
