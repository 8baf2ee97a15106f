import type { KeySetStatus } from '../keys/index.ts';
import type { KeySetReport, Readiness, ReloadReport } from '../web/index.ts';

/** What must be there before Sallyport is ready. */
const PARTS = ['authority', 'policies', 'listeners'] as const;
type Part = (typeof PARTS)[number];

export interface ReadinessBoard {
  set(part: Part, state: string): void;
  reportReloads(lastReport: () => ReloadReport | undefined): void;
  reportKeySets(state: () => readonly KeySetStatus[]): void;
  readonly read: () => Readiness;
}

/** Ready when every part says `ready`; until then `/readyz` names what is missing. */
export function createReadiness(): ReadinessBoard {
  const parts = new Map<Part, string>(PARTS.map((part) => [part, 'starting']));
  let lastReport = (): ReloadReport | undefined => undefined;
  let keySets = (): readonly KeySetStatus[] => [];
  return {
    set: (part, state) => void parts.set(part, state),
    reportReloads(report) {
      lastReport = report;
    },
    reportKeySets(state) {
      keySets = state;
    },
    read: () => ({
      isReady: [...parts.values()].every((state) => state === 'ready'),
      parts: Object.fromEntries(parts),
      lastReload: lastReport(),
      keySets: keySets().flatMap(reportOf),
    }),
  };
}

/** Inline sets have no age and nothing to fail. */
function reportOf({ source, status, ageSeconds, failures }: KeySetStatus): readonly KeySetReport[] {
  return source === undefined ? [] : [{ source, status, ageSeconds, failures }];
}
