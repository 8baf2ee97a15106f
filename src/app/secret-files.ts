import { type Clock, type EventSink, errorText, LIMITS, SallyportError } from '../base/index.ts';
import { type Settings, watchFiles } from '../config/index.ts';
import type { GenericSecret, GenericSecretSource, GenericSecrets } from '../sds/index.ts';
import { readPrivateFile } from '../store/index.ts';

/** The secrets of the settings, read again whenever their files change. */
export interface SecretFiles extends GenericSecretSource {
  stop(): Promise<void>;
}

type SecretOptions = Settings['secrets'][number];

/**
 * Throws `ERR_FILE_UNREADABLE`, `ERR_STATE_KEY_*` or `ERR_LIMIT_EXCEEDED` when one cannot be read at start; a later
 * change that cannot be read is told, and what was read before serves on.
 */
export function openSecretFiles({ secrets }: Settings, clock: Clock, events: EventSink): SecretFiles {
  const listeners = new Set<() => void>();
  const paths = secrets.map(({ file }) => file);
  const watch =
    paths.length === 0 ? undefined : watchFiles(paths, { clock, events, onChange: () => takeUp() });
  let current: GenericSecrets;
  try {
    current = new Map(secrets.map((one) => [one.name, read(one)]));
  } catch (error) {
    void watch?.stop();
    throw error;
  }
  function takeUp(): void {
    current = new Map(secrets.map((one) => [one.name, readAgain(one, current.get(one.name), events)]));
    for (const listener of [...listeners]) {
      listener();
    }
  }
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: async () => watch?.stop(),
  };
}

/** The same object when the content is the same, so that nothing is sent twice. */
function readAgain(
  options: SecretOptions,
  before: GenericSecret | undefined,
  events: EventSink,
): GenericSecret {
  try {
    const now = read(options);
    return before !== undefined && Buffer.compare(before.content, now.content) === 0 ? before : now;
  } catch (error) {
    if (before === undefined) {
      throw error;
    }
    events({
      level: 'error',
      event: 'app.secret_unreadable',
      message: `a changed secret cannot be read, and what was read before serves on: ${errorText(error)}`,
      fields: { name: options.name },
    });
    return before;
  }
}

function read({ name, file, spiffeIds }: SecretOptions): GenericSecret {
  const content = readPrivateFile(file);
  if (content === undefined) {
    throw new SallyportError(
      'ERR_FILE_UNREADABLE',
      `file \`${file}\` of the secret \`${name}\` does not exist`,
    );
  }
  if (content.length === 0 || content.length > LIMITS.secretBytes) {
    throw new SallyportError(
      'ERR_LIMIT_EXCEEDED',
      `file \`${file}\` of the secret \`${name}\` is empty or over ${LIMITS.secretBytes} bytes`,
    );
  }
  return { content, spiffeIds: new Set(spiffeIds) };
}
