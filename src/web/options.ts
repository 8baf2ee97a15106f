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

const FILE_PATH_MAX = 4096;

export const publicListenerOptions = z
  .strictObject({
    address: z
      .string()
      .transform(checkText(parseListenAddress))
      .describe('IP address and port; never that of the admin listener'),
    certificateFile: z
      .string()
      .min(1)
      .max(FILE_PATH_MAX)
      .optional()
      .describe(
        'certificate chain in PEM, leaf first, of a CA that verifiers of tokens know; looked at again while Sallyport runs',
      ),
    keyFile: z
      .string()
      .min(1)
      .max(FILE_PATH_MAX)
      .optional()
      .describe('its key in PEM, readable by its owner only'),
    ownCertificate: z
      .boolean()
      .default(false)
      .describe(
        'TLS by Sallyport’s own X.509-SVID, which fits bundle endpoints of the profile `https_spiffe`, in place of the two files',
      ),
    insecure: z
      .boolean()
      .default(false)
      .describe(
        'plain HTTP beyond loopback, as behind a proxy that ends TLS; has to be said because whoever can change an answer on its way can sign tokens',
      ),
  })
  .superRefine((listener, report) => {
    const { address, certificateFile, keyFile, ownCertificate, insecure } = listener;
    const issue = (
      code: 'ERR_LISTENER_OPTIONS' | 'ERR_LISTENER_OPEN',
      message: string,
      hint: string,
      key: string,
    ) => report.addIssue(textIssue(code, message, hint, [key]));
    if (address.kind === 'unix') {
      issue(
        'ERR_LISTENER_OPTIONS',
        'the public listener takes TCP addresses only',
        'write `127.0.0.1:8443`',
        'address',
      );
    }
    if ((certificateFile === undefined) !== (keyFile === undefined)) {
      issue(
        'ERR_LISTENER_OPTIONS',
        '`certificateFile` and `keyFile` go together',
        'give both or none',
        'keyFile',
      );
    }
    const hasFiles = certificateFile !== undefined && keyFile !== undefined;
    if ([hasFiles, ownCertificate, insecure].filter(Boolean).length > 1) {
      issue(
        'ERR_LISTENER_OPTIONS',
        'a certificate of files, `ownCertificate` and `insecure` contradict each other',
        'keep one of them',
        'address',
      );
    }
    if (!isLocalAddress(address) && !hasFiles && !ownCertificate && !insecure) {
      issue(
        'ERR_LISTENER_OPEN',
        `\`${formatListenAddress(address)}\` would serve keys over plain HTTP to other machines`,
        'give `certificateFile` and `keyFile`, or say `ownCertificate: true` or `insecure: true`',
        'address',
      );
    }
  })
  .optional()
  .describe(
    'keys and trust for anybody: the keys of JWT-SVIDs (`/keys`), the SPIFFE bundle (`/bundle`) and, with `ca.jwtIssuer`, the OIDC discovery document; off unless it stands here',
  );

export type PublicListenerOptions = NonNullable<z.infer<typeof publicListenerOptions>>;
