import { z } from 'zod';
import { parseSpiffeId } from '../identity/index.ts';
import type { CertificateControl } from '../issuer/index.ts';
import { type Operation, operation } from './operation.ts';

const LIST_MAX = 10_000;
const serial = z.string().min(1).max(100);
const spiffeId = z.string().max(2048);

/** The inventory: what was issued, to look at and to take back. */
export function certificateOperations(certificates: CertificateControl): readonly Operation[] {
  return [
    operation(
      'certs.list',
      z.strictObject({
        spiffeId: spiffeId.optional(),
        all: z.boolean().default(false),
        limit: z.int().min(1).max(LIST_MAX).default(100),
      }),
      (query) => ({ certificates: certificates.list(query), stopped: certificates.stopped }),
    ),
    operation('certs.show', z.strictObject({ serial }), (input) => certificates.show(input.serial)),
    operation('certs.revoke', z.strictObject({ serial }), (input) => certificates.revoke(input.serial)),
    operation('certs.stop', z.strictObject({ spiffeId }), (input) =>
      certificates.stopIdentity(parseSpiffeId(input.spiffeId)),
    ),
    operation('certs.allow', z.strictObject({ spiffeId }), (input) =>
      certificates.allowIdentity(parseSpiffeId(input.spiffeId)),
    ),
  ];
}
