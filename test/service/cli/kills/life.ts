import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAdmin } from '../../../../src/admin/index.ts';
import type { AuthorityView } from '../../../../src/issuer/index.ts';
import { callUnary } from '../../grpc/call-unary.ts';

/** What somebody outside was told or given, and so must be true for ever. */
export interface Promises {
  /** Serials of certificates that left. */
  readonly serials: Set<string>;
  /** The last that was seen of each authority, by its id. */
  readonly authorities: Map<string, AuthorityView>;
  /** Roots that were asked to be revoked: they may be gone. */
  readonly revoking: Set<string>;
}

export interface Place {
  readonly adminSocket: string;
  readonly agentSocket: string;
  readonly spiffeIds: readonly string[];
}

const SDS = 'envoy.service.secret.v3.SecretDiscoveryService';
const PUBLIC_KEY = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  .publicKey.export({ type: 'spki', format: 'der' })
  .toString('base64');
const PAUSE_MILLIS = 5;

/**
 * Asks for certificates over SDS and by command, and rotates the root by hand, all at once and until
 * `signal` says stop; whatever was answered by then is in `promises`. A Sallyport that is not there yet, or
 * no more, is asked again.
 */
export async function keepBusy(place: Place, promises: Promises, signal: AbortSignal): Promise<void> {
  const forever = async (work: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await work().catch(() => sleep(PAUSE_MILLIS));
    }
  };
  await Promise.all([
    forever(() => fetchAll(place, promises)),
    forever(() => mintOne(place, promises)),
    forever(() => mintOne(place, promises)),
    forever(() => rotateOnce(place, promises)),
  ]);
}

interface SecretsAnswer {
  readonly resources: readonly { readonly value: Uint8Array }[];
}

/** PEM certificates, leaf first, of each secret in an SDS answer. */
export async function fetchChains({
  agentSocket,
  spiffeIds,
}: Place): Promise<readonly (readonly string[])[]> {
  const { resources } = (await callUnary(agentSocket, SDS, 'FetchSecrets', {
    resource_names: spiffeIds,
  })) as SecretsAnswer;
  return resources.map(({ value }) => {
    const text = Buffer.from(value).toString('latin1');
    return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  });
}

async function fetchAll(place: Place, promises: Promises): Promise<void> {
  for (const [leaf] of await fetchChains(place)) {
    if (leaf !== undefined) {
      promises.serials.add(plainSerial(new X509Certificate(leaf).serialNumber));
    }
  }
}

async function mintOne({ adminSocket, spiffeIds: [spiffeId] }: Place, { serials }: Promises): Promise<void> {
  const minted = await callAdmin(adminSocket, 'mint.x509', { spiffeId, publicKey: PUBLIC_KEY });
  serials.add(plainSerial((minted as { readonly serial: string }).serial));
}

async function rotateOnce({ adminSocket }: Place, { authorities, revoking }: Promises): Promise<void> {
  const step = async (operation: string, input: object): Promise<void> => {
    const view = await callAdmin(adminSocket, operation, input);
    const { id } = view as AuthorityView;
    if (!revoking.has(id)) {
      authorities.set(id, view as AuthorityView);
    }
  };
  const views = (await callAdmin(adminSocket, 'authority.show', null)) as readonly AuthorityView[];
  for (const view of views) {
    authorities.set(view.id, view);
  }
  const old = views.find(({ kind, status }) => kind === 'root' && status === 'active');
  await step('authority.prepare', { kind: 'root' });
  await step('authority.activate', { kind: 'root' });
  if (old !== undefined) {
    await step('authority.taint', { id: old.id });
    revoking.add(old.id);
    await step('authority.revoke', { id: old.id, force: true });
  }
}

function plainSerial(text: string): string {
  return text.toLowerCase().replace(/^0+/, '');
}
