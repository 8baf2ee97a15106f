import { SallyportError } from '../base/index.ts';
import type { SpiffeId, TrustDomain } from '../identity/index.ts';
import type { Inventory, InventoryQuery, IssuedCertificate } from './inventory.ts';
import type { IssuerEventSink } from './issuer-event.ts';
import { checkIssuableId } from './reserved-ids.ts';

/** The inventory as `app` and `cli` see it. */
export interface CertificateControl {
  /** Newest first. */
  list(query: InventoryQuery): readonly IssuedCertificate[];
  /** Throws `ERR_ISSUER_SERIAL`. */
  show(serial: string): IssuedCertificate;
  /** Its holder gets another one at once. Throws `ERR_ISSUER_SERIAL`. */
  revoke(serial: string): readonly IssuedCertificate[];
  /** Revokes all certificates of an identity that are in force, and issues none until it is allowed again. */
  stopIdentity(id: SpiffeId): readonly IssuedCertificate[];
  /** False when it was not stopped. */
  allowIdentity(id: SpiffeId): boolean;
  isRevoked(issuerKeyId: string, serial: string): boolean;
  /** Whether anything at all is revoked. */
  readonly hasRevoked: boolean;
  isStopped(id: SpiffeId): boolean;
  readonly stopped: readonly string[];
  /**
   * Calls `listener` after a certificate was revoked or an identity stopped or allowed, until the returned
   * function is called.
   */
  onWithdrawn(listener: () => void): () => void;
}

export interface CertificateControlInput {
  readonly trustDomain: TrustDomain;
  readonly events: IssuerEventSink;
  readonly onRevoked: () => void;
}

export function createCertificateControl(
  inventory: Inventory,
  { trustDomain, events, onRevoked }: CertificateControlInput,
): CertificateControl {
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) {
      listener();
    }
  };
  return {
    list: inventory.list,
    show(serial) {
      const found = inventory.find(serialOf(serial));
      if (found === undefined) {
        throw unknownSerial();
      }
      return found;
    },
    revoke(serial) {
      const revoked = inventory.revoke(serialOf(serial));
      if (revoked.length === 0) {
        throw unknownSerial();
      }
      tellRevoked(revoked, events);
      tell();
      onRevoked();
      return revoked;
    },
    stopIdentity(id) {
      checkIssuableId(id, trustDomain);
      const revoked = inventory.stopIdentity(id.uri);
      events({
        level: 'warn',
        event: 'issuer.identityStopped',
        message: `\`${id.uri}\` gets no certificates any more until it is allowed again`,
        fields: { spiffeId: id.uri },
      });
      tellRevoked(revoked, events);
      tell();
      onRevoked();
      return revoked;
    },
    allowIdentity(id) {
      const wasStopped = inventory.allowIdentity(id.uri);
      if (wasStopped) {
        const message = `\`${id.uri}\` gets certificates again`;
        events({ level: 'info', event: 'issuer.identityAllowed', message, fields: { spiffeId: id.uri } });
        tell();
      }
      return wasStopped;
    },
    isRevoked: inventory.isRevoked,
    get hasRevoked() {
      return inventory.hasRevoked;
    },
    isStopped: (id) => inventory.isStopped(id.uri),
    get stopped() {
      return inventory.stopped;
    },
    onWithdrawn(listener) {
      const entry = (): void => listener();
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
  };
}

function tellRevoked(revoked: readonly IssuedCertificate[], events: IssuerEventSink): void {
  for (const { serial, spiffeId, issuerKeyId } of revoked) {
    const message = 'a certificate was revoked';
    events({
      level: 'warn',
      event: 'issuer.certificateRevoked',
      message,
      fields: { serial, spiffeId, issuerKeyId },
    });
  }
}

/** As `openssl x509 -serial` prints it, and as Envoy does, is fine too. */
function serialOf(text: string): string {
  const serial = text.replaceAll(':', '').toLowerCase().replace(/^0+/, '');
  if (!/^[0-9a-f]{1,40}$/.test(serial)) {
    throw new SallyportError('ERR_ISSUER_SERIAL', 'a serial number is hexadecimal, at most 40 digits');
  }
  return serial;
}

function unknownSerial(): SallyportError {
  return new SallyportError('ERR_ISSUER_SERIAL', 'no certificate of this serial number was issued here', {
    hint: 'see `sallyport certs list --all`',
  });
}
