import { z } from 'zod';
import {
  checkText,
  formatListenAddress,
  isLocalAddress,
  parseListenAddress,
  textIssue,
} from '../base/index.ts';

export const adminListenerOptions = z
  .strictObject({
    address: z
      .string()
      .transform(checkText(parseListenAddress))
      .prefault('127.0.0.1:9180')
      .describe('IP address and port; loopback, because what is told here is for the operator'),
    insecure: z
      .boolean()
      .default(false)
      .describe(
        'lets anyone who reaches the address read health and metrics, without TLS; needed beyond loopback',
      ),
  })
  .superRefine((listener, report) => {
    if (listener.address.kind === 'unix') {
      report.addIssue(
        textIssue(
          'ERR_LISTENER_OPTIONS',
          'the admin listener takes TCP addresses only',
          'write `127.0.0.1:9180`',
          ['address'],
        ),
      );
    } else if (!isLocalAddress(listener.address) && !listener.insecure) {
      report.addIssue(
        textIssue(
          'ERR_LISTENER_OPEN',
          `\`${formatListenAddress(listener.address)}\` can be reached from other machines`,
          'listen on loopback, or say `insecure: true`',
          ['address'],
        ),
      );
    }
  })
  .prefault({})
  .describe('health (`/livez`, `/readyz`) and metrics (`/metrics`)');

export type AdminListenerOptions = z.infer<typeof adminListenerOptions>;
