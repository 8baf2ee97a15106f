import { type Clock, type Diagnostic, hasErrors, sortDiagnostics } from '../base/index.ts';
import { ttlPlanProblems } from '../ca/index.ts';
import { type FolderContent, type FolderGroup, readFolders, type Settings } from '../config/index.ts';
import { readManifests } from '../manifest/index.ts';
import {
  lintAttachment,
  lintPeerRivals,
  loadPolicies,
  type MeshSettings,
  type PolicyObjects,
} from '../policy/index.ts';
import { type Directory, type EntrySet, loadDirectory, loadEntries } from '../workload/index.ts';
import { checkTokenKeys } from './check-token-keys.ts';

/** What the folders of the settings say, checked. */
export interface Content {
  readonly policies: PolicyObjects;
  readonly directory: Directory;
  readonly entries: EntrySet;
}

/** A reading of the folders; `content` is there only when nothing in them is an error. */
export interface ContentReading {
  readonly content: Content | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What `watchFolders` compares with. */
  readonly signature: string;
}

export interface ContentInput {
  readonly settings: Settings;
  /** Where problems between the settings and the files are shown. */
  readonly settingsPath: string;
  readonly clock: Clock;
}

/** All folders that a running Sallyport watches. */
export function watchedFolders(settings: Settings): readonly string[] {
  return [...settings.policies, ...settings.workloads, ...settings.entries];
}

export function meshOf(settings: Settings): MeshSettings {
  const { trustDomain, trustDomainAliases, rootNamespace } = settings;
  const providers = new Map(
    settings.extensionProviders.map((provider) => [
      provider.name,
      provider.envoyExtAuthzGrpc === undefined ? ('http' as const) : ('grpc' as const),
    ]),
  );
  return { trustDomain, trustDomainAliases, rootNamespace, providers };
}

/** Reads and checks every folder of the settings; every problem of every file is in `diagnostics`. */
export async function readContent(input: ContentInput): Promise<ContentReading> {
  const folders = await readFolders(groupsOf(input.settings), { clock: input.clock });
  const checked = checkContent(input, folders);
  const diagnostics = sortDiagnostics(checked.diagnostics);
  return {
    content: hasErrors(diagnostics) ? undefined : checked.content,
    diagnostics,
    signature: folders.signature,
  };
}

type Group = 'policies' | 'workloads' | 'entries';

function groupsOf(settings: Settings): Readonly<Record<Group, FolderGroup>> {
  return {
    policies: { paths: settings.policies, absentIs: settings.allowNoPolicies ? 'warning' : 'error' },
    workloads: { paths: settings.workloads, absentIs: 'error' },
    entries: { paths: settings.entries, absentIs: 'error' },
  };
}

function checkContent(
  input: ContentInput,
  { files, diagnostics: folderDiagnostics }: FolderContent<Group>,
): { readonly content: Content | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const manifests = {
    policies: readManifests(files.policies),
    workloads: readManifests(files.workloads),
    entries: readManifests(files.entries),
  };
  const { settings } = input;
  const mesh = meshOf(settings);
  const sockets = settings.listeners.agents.map(({ name }) => name);
  const policies = loadPolicies(manifests.policies.value ?? [], mesh);
  const directory = loadDirectory(manifests.workloads.value ?? [], mesh);
  const asksDocker = settings.attestation.docker !== undefined;
  const entries = loadEntries(manifests.entries.value ?? [], settings.trustDomain, sockets, asksDocker);
  const diagnostics = [
    ...folderDiagnostics,
    ...Object.values(manifests).flatMap((manifest) => manifest.diagnostics),
    ...policies.diagnostics,
    ...directory.diagnostics,
    ...entries.diagnostics,
    ...(entries.value === undefined ? [] : checkTtls(input, entries.value)),
    ...(policies.value === undefined || directory.value === undefined
      ? []
      : [
          ...lintAttachment(
            manifests.policies.value ?? [],
            policies.value,
            directory.value,
            mesh.rootNamespace,
          ),
          ...lintPeerRivals(
            manifests.policies.value ?? [],
            policies.value,
            directory.value.content.workloads,
            mesh.rootNamespace,
          ),
        ]),
    ...(policies.value === undefined
      ? []
      : checkTokenKeys(manifests.policies.value ?? [], policies.value, settings)),
    ...(policies.value === undefined ? [] : checkAnyPolicy(settings, policies.value, folderDiagnostics)),
  ];
  const content =
    policies.value === undefined || directory.value === undefined || entries.value === undefined
      ? undefined
      : { policies: policies.value, directory: directory.value, entries: entries.value };
  return { content, diagnostics };
}

/** What the plan of TTLs promises and the CA cannot keep. */
function checkTtls(
  { settings: { ca }, settingsPath }: ContentInput,
  { entries }: EntrySet,
): readonly Diagnostic[] {
  const problems = ttlPlanProblems({
    rootTtlSeconds: ca.rootTtl.seconds,
    caTtlSeconds: ca.caTtl.seconds,
    svidTtls: [
      { name: 'ca.svidTtl', seconds: ca.svidTtl.seconds },
      ...entries.flatMap(({ name, jwtTtlSeconds }) =>
        jwtTtlSeconds === undefined ? [] : [{ name, seconds: jwtTtlSeconds }],
      ),
      ...entries.map(({ name, x509TtlSeconds }) => ({
        name,
        seconds: x509TtlSeconds ?? ca.svidTtl.seconds,
      })),
    ],
  });
  return problems.map(({ setting, message, hint }) => ({
    code: 'ERR_CA_TTL',
    severity: 'error',
    file: settingsPath,
    line: 1,
    column: 1,
    path: `ca.${setting}`,
    message,
    hint,
  }));
}

/**
 * Without an AuthorizationPolicy everything is allowed, so folders that hold none are as bad as folders that
 * are missing.
 */
function checkAnyPolicy(
  settings: Settings,
  policies: PolicyObjects,
  folderDiagnostics: readonly Diagnostic[],
): readonly Diagnostic[] {
  const isSaid = folderDiagnostics.some(({ file }) => settings.policies.includes(file));
  if (settings.allowNoPolicies || isSaid || settings.listeners.authz.length === 0) {
    return [];
  }
  const [folder] = settings.policies;
  return folder === undefined || policies.authorization.length > 0
    ? []
    : [
        {
          code: 'ERR_CONFIG_NO_POLICIES',
          severity: 'error',
          file: folder,
          line: 1,
          column: 1,
          path: '',
          message: 'no AuthorizationPolicy in any folder, so every request would be allowed',
          hint: 'add one, or say `allowNoPolicies: true` in the settings',
        },
      ];
}
