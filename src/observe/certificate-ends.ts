import { Counter, Gauge, type Registry } from 'prom-client';
import type { AppEvent, Clock } from '../base/index.ts';

const IDENTITIES_MAX = 1000;
/** An identity that is gone renews no more; its end is shown for so long after it has passed. */
const SHOWN_AFTER_END_SECONDS = 3600;

/** When certificates end, from `issuer.issued` and `issuer.authorityActivated`. */
export function createCertificateEnds(registry: Registry, clock: Clock): (event: AppEvent) => void {
  const ends = new Map<string, number>();
  new Gauge({
    name: 'sallyport_svid_not_after_timestamp_seconds',
    help: `End of the newest certificate of an identity; at most ${IDENTITIES_MAX} identities are listed.`,
    labelNames: ['spiffe_id'],
    registers: [registry],
    collect() {
      const oldest = clock.nowMillis() / 1000 - SHOWN_AFTER_END_SECONDS;
      this.reset();
      for (const [spiffeId, end] of ends) {
        if (end < oldest) {
          ends.delete(spiffeId);
        } else {
          this.set({ spiffe_id: spiffeId }, end);
        }
      }
    },
  });
  const issued = new Counter({
    name: 'sallyport_svids_issued_total',
    help: 'Certificates issued.',
    registers: [registry],
  });
  const authorities = new Gauge({
    name: 'sallyport_authority_not_after_timestamp_seconds',
    help: 'End of the authority in force, root and intermediate.',
    labelNames: ['kind'],
    registers: [registry],
  });
  return ({ event, fields }) => {
    const end = Date.parse(String(fields?.['notAfter'])) / 1000;
    if (event === 'issuer.issued') {
      issued.inc();
      const spiffeId = String(fields?.['spiffeId']);
      if (!Number.isNaN(end) && (ends.has(spiffeId) || ends.size < IDENTITIES_MAX)) {
        ends.set(spiffeId, end);
      }
    } else if (event === 'issuer.authorityActivated' && !Number.isNaN(end)) {
      authorities.set({ kind: fields?.['kind'] === 'root' ? 'root' : 'intermediate' }, end);
    }
  };
}
