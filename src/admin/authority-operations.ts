import { z } from 'zod';
import type { AuthorityControl } from '../issuer/index.ts';
import { type Operation, operation } from './operation.ts';

const kind = z.strictObject({ kind: z.enum(['root', 'intermediate']) });
const id = z.string().regex(/^[0-9a-f]{2,128}$/, 'is the id of an authority in hex');

/** Rotation of the authorities by hand. */
export function authorityOperations(
  authority: AuthorityControl,
  unsettledStreams: () => number,
): readonly Operation[] {
  return [
    operation('authority.show', z.unknown(), () => authority.show()),
    operation('authority.prepare', kind, (input) => authority.prepare(input.kind)),
    operation('authority.activate', kind, (input) => authority.activate(input.kind)),
    operation('authority.taint', z.strictObject({ id }), (input) => authority.taint(input.id)),
    operation('authority.revoke', z.strictObject({ id, force: z.boolean().default(false) }), (input) =>
      authority.revoke(input.id, { force: input.force, unsettledStreams }),
    ),
  ];
}
