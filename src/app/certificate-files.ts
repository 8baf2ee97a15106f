import { type Clock, type EventSink, errorText, SallyportError } from '../base/index.ts';
import { watchFiles } from '../config/index.ts';
import { readPrivateFile, readSmallFile } from '../store/index.ts';
import type { CertificateSource } from '../web/index.ts';

/** Certificate and key that somebody else keeps renewed in two files. */
export interface CertificateFiles {
  readonly source: CertificateSource;
  stop(): Promise<void>;
}

export interface CertificateFilesInput {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clock: Clock;
  readonly events: EventSink;
}

/** Throws `ERR_FILE_UNREADABLE`, `ERR_STATE_KEY_*`. A later change that cannot be read is told and left alone. */
export function openCertificateFiles(input: CertificateFilesInput): CertificateFiles {
  const { certificateFile, keyFile, clock, events } = input;
  const listeners = new Set<() => void>();
  const watch = watchFiles([certificateFile, keyFile], {
    clock,
    events,
    onChange() {
      try {
        current = read(input);
      } catch (error) {
        const message = `the renewed certificate of the public listener cannot be read: ${errorText(error)}`;
        events({ level: 'error', event: 'app.certificate_unreadable', message, error });
        return;
      }
      for (const listener of [...listeners]) {
        listener();
      }
    },
  });
  let current: ReturnType<typeof read>;
  try {
    current = read(input);
  } catch (error) {
    void watch.stop();
    throw error;
  }
  return {
    source: {
      current: () => current,
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    stop: () => watch.stop(),
  };
}

function read({ certificateFile, keyFile }: CertificateFilesInput) {
  const key = readPrivateFile(keyFile);
  if (key === undefined) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `file \`${keyFile}\` does not exist`);
  }
  return {
    certificateChainPem: readSmallFile(certificateFile),
    privateKeyPem: Buffer.from(key).toString('latin1'),
  };
}
