import { type ImportKeySetOptions, importKeySet, type KeySetSource, type KeySetState } from '../jwt/index.ts';
import type { KeySetHolder } from './key-set-holder.ts';

export type InlineSource = Extract<KeySetSource, { kind: 'inline' }>;

/** The keys that stand in a policy itself: imported once, and never anything else. */
export function holdInlineKeySet(
  source: InlineSource,
  { rsaBitsMin }: Pick<ImportKeySetOptions, 'rsaBitsMin'>,
): KeySetHolder {
  const imported = importKeySet(source.jwks, {
    allowSymmetric: true,
    ...(rsaBitsMin === undefined ? {} : { rsaBitsMin }),
  });
  const state: KeySetState = imported.ok
    ? { state: 'ready', version: imported.version, keys: imported.keys }
    : { state: 'unusable' };
  return {
    current: () => state,
    status: () => ({
      keySetId: source.keySetId,
      kind: 'inline',
      source: undefined,
      status: imported.ok ? 'ready' : 'unusable',
      keys: imported.ok ? imported.keys.size : 0,
      ageSeconds: undefined,
      lastErrorCode: imported.ok ? undefined : imported.error.code,
      failures: 0,
    }),
    arrival: () => (imported.ok ? Promise.resolve() : Promise.reject(imported.error)),
    stop: () => {},
  };
}
