import { resolve } from 'node:path';
import { type Clock, errorText, InvalidFilesError, type Random, SallyportError } from '../base/index.ts';
import { readSettings } from '../config/index.ts';
import { inspectToken, type TokenInspection } from '../jwt/index.ts';
import { createKeyFetch, createKeySets } from '../keys/index.ts';
import { readContent } from './content.ts';
import { limitAlgorithms } from './limit-algorithms.ts';

export interface InspectInput {
  readonly settingsPath: string;
  readonly token: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Long enough for a slow key server, short enough for a person. */
const WAIT_MILLIS = 5000;

/**
 * What each rule of the policies says of a token. Keys are fetched as `serve` would; a set that cannot be had
 * leaves its rule undecided.
 */
export async function inspectTokenByFiles(input: InspectInput): Promise<TokenInspection> {
  const { token, clock, random } = input;
  const settingsPath = resolve(input.settingsPath);
  const settings = await readSettings(settingsPath);
  if (settings.value === undefined) {
    throw new InvalidFilesError(settings.diagnostics);
  }
  const { keys } = settings.value;
  const { content, diagnostics } = await readContent({ settings: settings.value, settingsPath, clock });
  if (content === undefined) {
    throw new InvalidFilesError(diagnostics);
  }
  const limited = limitAlgorithms(content.policies, keys.algorithms);
  const rules = limited.requestAuthentication.flatMap((policy) => policy.rules);
  const sets = createKeySets({
    options: keys,
    fetch: createKeyFetch(keys),
    clock,
    random,
    events: () => undefined,
  });
  try {
    sets.use(rules.map((rule) => rule.keys));
    const ids = [...new Set(rules.map((rule) => rule.keys.keySetId))];
    const problems = new Map<string, string>();
    await Promise.all(
      ids.map((id) =>
        sets.waitFor([id], WAIT_MILLIS).catch((error: unknown) => problems.set(id, problemText(error))),
      ),
    );
    const nowSeconds = Math.floor(clock.nowMillis() / 1000);
    return inspectToken(token, rules, sets.view(), nowSeconds, (id) => problems.get(id) ?? TOO_SLOW);
  } finally {
    sets.stop();
  }
}

const TOO_SLOW = `their server did not answer within ${WAIT_MILLIS / 1000} s`;

function problemText(error: unknown): string {
  return error instanceof SallyportError && error.hint !== undefined
    ? `${errorText(error)} (${error.hint})`
    : errorText(error);
}
