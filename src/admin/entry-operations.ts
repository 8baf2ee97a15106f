import { z } from 'zod';
import type { RegistrationEntry } from '../workload/index.ts';
import { type Operation, operation } from './operation.ts';

/** Registration entries of the store, and a look at all. */
export interface EntryControl {
  /** All that are in force, those of files too. */
  list(): readonly { readonly entry: RegistrationEntry; readonly source: 'file' | 'store' }[];
  create(text: string): RegistrationEntry;
  update(text: string): RegistrationEntry;
  remove(name: string): RegistrationEntry;
}

const TEXT_CHARS_MAX = 256 * 1024;
const document = z.strictObject({ text: z.string().max(TEXT_CHARS_MAX) });

export function entryOperations(entries: EntryControl): readonly Operation[] {
  return [
    operation('entry.list', z.unknown(), () =>
      entries.list().map(({ entry, source }) => ({ ...viewOf(entry), source })),
    ),
    operation('entry.create', document, ({ text }) => viewOf(entries.create(text))),
    operation('entry.update', document, ({ text }) => viewOf(entries.update(text))),
    operation('entry.delete', z.strictObject({ name: z.string().max(253) }), ({ name }) =>
      viewOf(entries.remove(name)),
    ),
  ];
}

function viewOf({ spiffeId, ...entry }: RegistrationEntry) {
  return { ...entry, spiffeId: spiffeId.uri };
}
