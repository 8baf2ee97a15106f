/** What `/readyz` tells; in general words, for it has no lock before it. */
export interface Readiness {
  /** A complete first snapshot is there and everything that must listen listens. */
  readonly isReady: boolean;
  /** By name, such as `policies` or `authority`: `ready`, or what is missing. */
  readonly parts: Readonly<Record<string, string>>;
  /** The last change of the folders; undefined before the first. */
  readonly lastReload: ReloadReport | undefined;
  /** The fetched key sets of token issuers; an old or missing one does not make Sallyport unready. */
  readonly keySets?: readonly KeySetReport[];
}

export interface KeySetReport {
  /** The origin that the keys come from. */
  readonly source: string;
  readonly status: string;
  /** Undefined while there are no keys. */
  readonly ageSeconds: number | undefined;
  /** Failed fetches in a row. */
  readonly failures: number;
}

export interface ReloadReport {
  /** `refused`: the set before it serves on. */
  readonly outcome: 'taken_up' | 'refused';
  readonly atMillis: number;
  /** How many errors the files had; what they are is in the log. */
  readonly problems: number;
}

/** The body of `/readyz`. */
export function readinessBody({
  isReady,
  parts,
  lastReload,
  keySets = [],
}: Readiness): Readonly<Record<string, unknown>> {
  return {
    status: isReady ? 'ready' : 'not ready',
    parts,
    ...(lastReload === undefined ? {} : { lastReload: reloadBody(lastReload) }),
    ...(keySets.length === 0 ? {} : { keySets }),
  };
}

function reloadBody({ outcome, atMillis, problems }: ReloadReport): Readonly<Record<string, unknown>> {
  const at = new Date(atMillis).toISOString();
  return outcome === 'taken_up'
    ? { outcome, at }
    : {
        outcome,
        at,
        problems,
        message: `${problems} ${problems === 1 ? 'problem' : 'problems'} in the files; what was read before serves on, and the log says more`,
      };
}
