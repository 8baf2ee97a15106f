import type { Clock, EventSink, ListenAddress } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import type { SallyportIssuer } from '../issuer/index.ts';
import { startPublicServer } from '../web/index.ts';
import { openCertificateFiles } from './certificate-files.ts';
import { createServerTls } from './server-tls.ts';
import type { UndoStack } from './undo-stack.ts';

export interface PublicInput {
  readonly settings: Settings;
  readonly issuer: SallyportIssuer;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly undo: UndoStack;
}

/** Opens the public listener when the settings have one. */
export async function openPublic(input: PublicInput): Promise<ListenAddress | undefined> {
  const { settings, issuer, clock, events, undo } = input;
  const wanted = settings.listeners.public;
  if (wanted === undefined) {
    return undefined;
  }
  const tls = await certificateOf(wanted, input);
  if (tls !== undefined) {
    undo.push(() => tls.stop());
  }
  const server = await startPublicServer({
    address: wanted.address,
    tls: tls?.source,
    bundle: () => issuer.bundle(),
    jwtIssuer: settings.ca.jwtIssuer,
    clock,
    events,
  });
  undo.push(() => server.stop());
  return server.address;
}

async function certificateOf(
  { certificateFile, keyFile, ownCertificate }: NonNullable<Settings['listeners']['public']>,
  { issuer, clock, events }: PublicInput,
) {
  if (certificateFile !== undefined && keyFile !== undefined) {
    return openCertificateFiles({ certificateFile, keyFile, clock, events });
  }
  return ownCertificate ? createServerTls(issuer) : undefined;
}
