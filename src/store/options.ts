import { z } from 'zod';

export const stateDirOption = z
  .string()
  .min(1)
  .max(4096)
  .default('./state')
  .describe(
    'the folder that outlives a restart: CA keys and what was issued; for one Sallyport alone and readable by its user only',
  );
