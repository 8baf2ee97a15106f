import { z } from 'zod';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export const logOptions = z
  .strictObject({
    level: z
      .enum(LOG_LEVELS)
      .default('info')
      .describe('the least important line that is still written, one JSON object a line on standard output'),
    decisions: z
      .boolean()
      .default(true)
      .describe(
        'writes a line for every verdict with its reason, policy and rule; costs time under load, metrics count them either way',
      ),
  })
  .prefault({})
  .describe('what is logged');

export type LogOptions = z.infer<typeof logOptions>;
