import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { type Operation, operation } from './operation.ts';

export function stateOperations(backup: (folder: string) => void): readonly Operation[] {
  const input = z.strictObject({ folder: z.string().max(4096).refine(isAbsolute, 'is an absolute path') });
  return [
    operation('state.backup', input, ({ folder }) => {
      backup(folder);
      return { folder };
    }),
  ];
}
