import { describe, expect, it } from 'vitest';
import { CALL_METADATA as READ } from '../../../src/authz/index.ts';
import { CALL_METADATA, httpExtAuthz, networkExtAuthz } from '../../../src/envoy/index.ts';

const proxy = { verdictTimeoutMillis: 1500 };

describe.each(['tls', 'hbone'] as const)('call metadata where the peer is known by %s', (peer) => {
  it('has the names that Checks are read by', () => {
    expect(Object.keys(CALL_METADATA[peer]).sort()).toEqual(Object.values(READ).sort());
  });

  it('goes with the Checks of both filters', () => {
    const metadata = Object.entries(CALL_METADATA[peer]).map(([key, value]) => ({ key, value }));
    for (const filter of [httpExtAuthz(proxy, peer), networkExtAuthz(proxy, 'in', '1.40', peer)]) {
      expect(filter['typed_config']).toMatchObject({
        grpc_service: { timeout: '1.5s', initial_metadata: metadata },
      });
    }
  });
});
