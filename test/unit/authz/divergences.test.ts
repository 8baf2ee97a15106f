import { expect, test } from 'vitest';
import { decide, REQUEST_DIVERGENCES, type Snapshot } from '../../../src/authz/index.ts';
import { withParameters } from '../../../src/authz/query.ts';
import { readCheckRequest } from '../../../src/proto/index.ts';
import { answerOfCheck } from '../../../src/providers/grpc-answer.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import {
  ask,
  attributesOf,
  callOf,
  encodeCheck,
  FRONTEND,
  policy,
  profileOf,
  see,
  snapshotOf,
} from './bed.ts';
import { provider, verdictOn } from './custom-bed.ts';

const snapshot = snapshotOf();
const DENY_GUEST = '[{ from: [{ source: { principals: [example.org/ns/web/sa/guest] } }] }]';
const DENY_METADATA = '[{ when: [{ key: "experimental.envoy.filters.http.x[k]", values: [a] }] }]';
const DENY_NAME = '[{ when: [{ key: connection.sni, values: [admin.shop] }] }]';

function aCertificate(): string {
  return opensslCa('stranger').issue(`URI:${FRONTEND}`).certificateChainPem;
}

/** A denial for each row, under no policy at all, where Istio would allow. */
const CASES: Readonly<Record<string, () => string>> = {
  destination: () => ask(snapshot, { destination: { principal: '', address: undefined } }).reason,
  'path-form': () => ask(snapshot, { path: '/a/../b' }).reason,
  'dot-parameter': () => ask(snapshot, { path: '/a/..;/b' }).reason,
  'uri-names': () =>
    ask(snapshot, {
      profile: profileOf('sidecar', { trustCallMetadata: true }),
      metadata: { 'x-sallyport-peer': [`${FRONTEND},spiffe://example.org/b`] },
    }).reason,
  'spiffe-id': () => ask(snapshot, { source: { principal: 'spiffe://example.org//a' } }).reason,
  'two-readings': () => ask(snapshot, { headers: { ':path': '/other' } }).reason,
  utf8: () => {
    const bytes = encodeCheck(attributesOf({ path: '/caf?', method: 'GET' }));
    for (let at = bytes.indexOf('/caf?'); at >= 0; at = bytes.indexOf('/caf?')) {
      bytes[at + 4] = 0xe9;
    }
    expect(readCheckRequest(bytes)).toEqual({ kind: 'malformed', fault: 'utf8' });
    return see(decide(callOf(bytes), snapshot)).reason;
  },
  'peer-chain': () =>
    ask(snapshotOf({ trust: { isTrusted: () => false } }), {
      source: { principal: FRONTEND, certificate: encodeURIComponent(aCertificate()) },
    }).reason,
  'peer-untold': () =>
    ask(snapshotOf({ policies: policy('DENY', DENY_GUEST) }), {
      profile: profileOf('waypoint'),
      source: { principal: '' },
    }).reason,
  'server-name-untold': () => ask(snapshotOf({ policies: policy('DENY', DENY_NAME) }), {}).reason,
  'metadata-untold': () => ask(snapshotOf({ policies: policy('DENY', DENY_METADATA) }), {}).reason,
  // Nothing is denied here; what rules see is what Istio's see.
  'query-spelling': () => withParameters('/x?t=1&p=%2F', new Map(), ['t']),
  'waypoint-service': () =>
    ask(beforeTwoServices(), {
      extensions: { 'sallyport.workload': 'shop/way' },
      destination: { address: undefined },
    }).reason,
  'custom-http-tcp': () =>
    verdictOn(customSnapshot({ protocol: 'http' }), { attributes: { request: undefined } }).reason,
  'custom-odd-answer': () => {
    const answers = [{}, { status: { code: 0 }, denied_response: { body: 'no' } }];
    return answers.map((answer) => customReason(answer)).join(' ');
  },
  'custom-pseudo-header': () => customReason(allowWith([{ header: { key: ':path', value: '/admin' } }])),
  'custom-large-answer': () =>
    customReason(allowWith(Array.from({ length: 257 }, () => ({ header: { key: 'a', value: 'b' } })))),
  'custom-body-missing': () =>
    verdictOn(customSnapshot({ body: { bytesMax: 10, allowPartial: true } }), {
      headers: { 'content-length': '5' },
    }).reason,
};

/** What an answer over gRPC comes to, under `failOpen`. */
function customReason(answer: object): string {
  const bytes = testDefinitions().encodeMessage('envoy.service.auth.v3.CheckResponse', answer);
  return verdictOn(customSnapshot(), {}, { opa: answerOfCheck(bytes) }).reason;
}

function allowWith(headers: readonly object[]): object {
  return { status: { code: 0 }, ok_response: { headers } };
}

function customSnapshot(changes: object = {}): Snapshot {
  const policies = policy('CUSTOM', '[{}]', 'ask', 'opa');
  return snapshotOf({ policies, providers: [provider('opa', { failOpen: true, ...changes })] });
}

const REASONS: Readonly<Record<string, string>> = {
  destination: 'destination_unknown',
  'path-form': 'path_not_normalized',
  'dot-parameter': 'path_not_normalized',
  'uri-names': 'source_ambiguous',
  'spiffe-id': 'source_malformed',
  'two-readings': 'request_malformed',
  utf8: 'request_malformed',
  'peer-chain': 'source_untrusted',
  'peer-untold': 'denied_by_policy',
  'server-name-untold': 'denied_by_policy',
  'metadata-untold': 'denied_by_policy',
  'query-spelling': '/x?p=/',
  'waypoint-service': 'destination_ambiguous',
  'custom-http-tcp': 'provider_unknown',
  'custom-odd-answer': 'provider_failed provider_failed',
  'custom-pseudo-header': 'provider_failed',
  'custom-large-answer': 'provider_failed',
  'custom-body-missing': 'body_missing',
};

test.each(REQUEST_DIVERGENCES.map(({ id }) => id))('%s', (id) => {
  expect(CASES[id]?.()).toBe(REASONS[id]);
  expect(REASONS[id]).toBeDefined();
});

/** A waypoint and the Services `a` and `b` that use it. */
function beforeTwoServices(): Snapshot {
  const gateway =
    'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { namespace: shop, name: way }\n' +
    'spec: { gatewayClassName: istio-waypoint }\n';
  const services = ['a', 'b'].map(
    (name) =>
      `apiVersion: v1\nkind: Service\nmetadata: { namespace: shop, name: ${name}, labels: { istio.io/use-waypoint: way } }\n` +
      'spec: { ports: [{ port: 80 }] }\n',
  );
  return snapshotOf({ workloads: [gateway, ...services].join('---\n') });
}
