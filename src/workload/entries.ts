import { type Checked, type Diagnostic, hasErrors, sortDiagnostics } from '../base/index.ts';
import type { SpiffeId, TrustDomain } from '../identity/index.ts';
import {
  checkShape,
  diagnosticAt,
  type ManifestObject,
  nearestWord,
  type Problem,
} from '../manifest/index.ts';
import { DOCKER_PREFIX } from './docker-selectors.ts';
import { checkKind } from './object-kind.ts';
import { socketOfSelector } from './selectors.ts';
import { staticEntrySchema } from './static-entry.ts';
import type { EntrySet, RegistrationEntry } from './workload.ts';

const KINDS = [{ group: 'spire.spiffe.io', versions: ['v1alpha1'], kind: 'ClusterStaticEntry' }] as const;

/** Sallyport's own identity stands below it, so no entry may hand one of these out. */
const RESERVED_PATH = '/sallyport';

/**
 * The entries of all ClusterStaticEntry objects; any other kind is an error. With `socketNames`, the
 * listeners there are, a selector for another one is a warning, and so is one for containers without `asksDocker`.
 */
export function loadEntries(
  objects: readonly ManifestObject[],
  trustDomain: TrustDomain,
  socketNames?: readonly string[],
  asksDocker = true,
): Checked<EntrySet> {
  const diagnostics: Diagnostic[] = [];
  const entries: RegistrationEntry[] = [];
  const first = new Map<string, ManifestObject>();
  for (const object of objects) {
    const checked = readEntry(object, trustDomain, socketNames);
    diagnostics.push(...checked.diagnostics);
    if (checked.value !== undefined && !asksDocker) {
      diagnostics.push(...dockerIsOff(object, checked.value.selectors));
    }
    if (checked.value !== undefined) {
      const key = [checked.value.spiffeId.uri, ...checked.value.selectors].join(' ');
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, object);
        entries.push(checked.value);
      } else {
        diagnostics.push(twice(object, other));
      }
    }
  }
  const value = hasErrors(diagnostics) ? undefined : createEntrySet(entries, trustDomain);
  return { value, diagnostics: sortDiagnostics(diagnostics) };
}

/** An entry with its place in the order by name. */
interface Ranked {
  readonly entry: RegistrationEntry;
  readonly rank: number;
}

/** For entries that were checked already. */
export function createEntrySet(unordered: readonly RegistrationEntry[], trustDomain: TrustDomain): EntrySet {
  const entries = [...unordered].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const ranked: readonly Ranked[] = entries.map((entry, rank) => ({ entry, rank }));
  // An entry matches only callers that show its first selector, so it is looked for under that alone.
  const byFirstSelector = Map.groupBy(ranked, ({ entry }) => entry.selectors[0] ?? '');
  return {
    trustDomain,
    entries,
    matching(selectors) {
      const shown = new Set(selectors);
      return [...shown]
        .flatMap((selector) => byFirstSelector.get(selector) ?? [])
        .filter(({ entry }) => entry.selectors.every((selector) => shown.has(selector)))
        .sort((a, b) => a.rank - b.rank)
        .map(({ entry }) => entry);
    },
  };
}

function readEntry(
  object: ManifestObject,
  trustDomain: TrustDomain,
  socketNames: readonly string[] | undefined,
): Checked<RegistrationEntry> {
  const wrongKind = checkKind(object, KINDS);
  if (wrongKind.length > 0) {
    return { value: undefined, diagnostics: wrongKind };
  }
  const checked = checkShape(object, staticEntrySchema);
  if (checked.value === undefined) {
    return { value: undefined, diagnostics: checked.diagnostics };
  }
  const { spec } = checked.value;
  const problem = idProblem(spec.spiffeID, trustDomain);
  return {
    value: {
      name: object.name,
      spiffeId: spec.spiffeID,
      selectors: [...spec.selectors].sort(),
      x509TtlSeconds: spec.x509SVIDTTL,
      jwtTtlSeconds: spec.jwtSVIDTTL,
      dnsNames: spec.dnsNames,
      hint: spec.hint,
    },
    diagnostics: [
      ...checked.diagnostics,
      ...(problem === undefined ? [] : [diagnosticAt(object, ['spec', 'spiffeID'], problem)]),
      ...executableAlone(object, spec.selectors),
      ...(socketNames === undefined ? [] : unknownSockets(object, spec.selectors, socketNames)),
    ],
  };
}

function idProblem(id: SpiffeId, trustDomain: TrustDomain): Problem | undefined {
  if (id.trustDomain !== trustDomain) {
    return {
      code: 'ERR_ENTRY_SPIFFE_ID',
      message: `\`${id.uri}\` is outside the trust domain \`${trustDomain}\``,
      hint: `write an ID that starts with \`spiffe://${trustDomain}/\``,
    };
  }
  if (id.path === '') {
    return {
      code: 'ERR_ENTRY_SPIFFE_ID',
      message: 'SPIFFE ID has no path, so it names the trust domain and no workload',
      hint: `add a path, such as \`spiffe://${trustDomain}/ns/web/sa/frontend\``,
    };
  }
  if (id.path === RESERVED_PATH || id.path.startsWith(`${RESERVED_PATH}/`)) {
    return {
      code: 'ERR_ENTRY_SPIFFE_ID',
      message: `paths under \`${RESERVED_PATH}/\` are Sallyport's own`,
      hint: 'choose another path',
    };
  }
  return undefined;
}

function unknownSockets(
  object: ManifestObject,
  selectors: readonly string[],
  socketNames: readonly string[],
): readonly Diagnostic[] {
  return selectors.flatMap((selector, index) => {
    const socket = socketOfSelector(selector);
    if (socket === undefined || socketNames.includes(socket)) {
      return [];
    }
    const near = nearestWord(socket, socketNames);
    return [
      diagnosticAt(object, ['spec', 'selectors', index], {
        code: 'ERR_ENTRY_SELECTOR',
        severity: 'warning',
        message: `there is no socket \`${socket}\` among \`listeners.agents\`, so nobody gets this identity`,
        hint: near === undefined ? 'add a listener of that name' : `did you mean \`${near}\`?`,
      }),
    ];
  });
}

/**
 * Path and hash of an executable can be borrowed: a process connects, hands the socket to its child, and executes
 * the program that is asked for. A user, or a socket of its own, cannot.
 */
function executableAlone(object: ManifestObject, selectors: readonly string[]): readonly Diagnostic[] {
  const isExecutable = (selector: string): boolean => /^unix:(?:path|sha256):/.test(selector);
  const index = selectors.findIndex(isExecutable);
  const isBound = selectors.some((selector) => /^(?:unix:(?:uid|user):|sallyport:)/.test(selector));
  return index < 0 || isBound
    ? []
    : [
        diagnosticAt(object, ['spec', 'selectors', index], {
          code: 'ERR_LINT_EXECUTABLE_ALONE',
          severity: 'warning',
          message: 'whoever may run this program can get this identity, by connecting before it runs it',
          hint: 'add `unix:uid:…`, `unix:user:…` or a socket of its own beside it',
        }),
      ];
}

function dockerIsOff(object: ManifestObject, selectors: readonly string[]): readonly Diagnostic[] {
  return selectors.some((selector) => selector.startsWith(DOCKER_PREFIX))
    ? [
        diagnosticAt(object, ['spec', 'selectors'], {
          code: 'ERR_LINT_DOCKER_OFF',
          severity: 'warning',
          message: 'no container engine is asked about callers, so nobody gets this identity',
          hint: 'set `attestation.docker.socket`',
        }),
      ]
    : [];
}

function twice(object: ManifestObject, other: ManifestObject): Diagnostic {
  return diagnosticAt(object, ['spec', 'spiffeID'], {
    code: 'ERR_ENTRY_DUPLICATE',
    message: `entry \`${other.name}\` at ${other.file}:${other.line} has the same SPIFFE ID and selectors`,
    hint: 'remove one of them',
  });
}
