import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envoyAtHand } from '../envoy/envoy-at-hand.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import type { Bench } from './chunk.ts';
import { startOracle } from './oracle.ts';
import { startUpstream } from './upstream.ts';

/** Everything a run needs; its folder goes with `close`. */
export async function openBench(): Promise<Bench & { close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'sp-par-'));
  const envoy = await envoyAtHand('1.40');
  const oracle = startOracle();
  const upstream = await startUpstream();
  const known = new Map<string, Promise<Certificates>>();
  return {
    folder,
    envoyBinary: envoy.path,
    oracle,
    upstream,
    certificates(trustDomain) {
      const found =
        known.get(trustDomain) ?? makeCertificates(join(folder, `ca-${trustDomain}`), trustDomain);
      known.set(trustDomain, found);
      return found;
    },
    close() {
      oracle.stop();
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
