import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Clock, type Diagnostic, hasErrors } from '../base/index.ts';
import { readSettings, type Settings } from '../config/index.ts';
import type { DirectoryContent } from '../workload/index.ts';
import { readContent } from './content.ts';

/** What a look at all files says. */
export interface FilesCheck {
  readonly diagnostics: readonly Diagnostic[];
  /** For people; empty when there are errors. */
  readonly summary: string;
}

/** Reads the settings and everything they name, as `serve` does at start, and opens nothing else. */
export async function checkFiles(settingsPath: string, clock: Clock): Promise<FilesCheck> {
  const path = resolve(settingsPath);
  const settings = await readSettings(path);
  if (settings.value === undefined) {
    return { diagnostics: settings.diagnostics, summary: '' };
  }
  const { content, diagnostics } = await readContent({ settings: settings.value, settingsPath: path, clock });
  const all = [...settings.diagnostics, ...diagnostics, ...missingSocketFolders(settings.value, path)];
  return {
    diagnostics: all,
    summary: content === undefined || hasErrors(all) ? '' : summaryOf(settings.value, content),
  };
}

/** A warning alone: the folder may well be made before `serve` runs there. */
function missingSocketFolders({ listeners }: Settings, file: string): readonly Diagnostic[] {
  const folders = [...listeners.authz, ...listeners.agents].flatMap(({ address }) =>
    address.kind === 'unix' ? [dirname(address.path)] : [],
  );
  return [...new Set(folders)]
    .filter((folder) => !existsSync(folder))
    .map((folder) => ({
      code: 'ERR_GRPC_LISTEN',
      severity: 'warning',
      file,
      line: 1,
      column: 1,
      path: 'listeners',
      message: `the folder \`${folder}\` of a socket does not exist`,
      hint: `make it before \`serve\` starts: \`mkdir -p ${folder}\``,
    }));
}

function summaryOf(
  { trustDomain }: Settings,
  { policies, directory, entries }: NonNullable<Awaited<ReturnType<typeof readContent>>['content']>,
): string {
  const counts = [
    [policies.authorization.length, 'AuthorizationPolicy'],
    [policies.requestAuthentication.length, 'RequestAuthentication'],
    [policies.peerAuthentication.length, 'PeerAuthentication'],
    ...directoryCounts(directory.content),
    [entries.entries.length, 'ClusterStaticEntry'],
  ] as const;
  return `${trustDomain}: ${counts.map(([count, kind]) => `${count} ${kind}`).join(', ')}`;
}

/** Gateways and services where there are any. */
function directoryCounts({
  workloads,
  services,
  gateways,
}: DirectoryContent): readonly (readonly [number, string])[] {
  const others = [
    [services.filter(({ ref }) => ref.kind === 'Service').length, 'Service'],
    [services.filter(({ ref }) => ref.kind === 'ServiceEntry').length, 'ServiceEntry'],
    [gateways.length, 'Gateway'],
  ] as const;
  return [[workloads.length, 'Workload'], ...others.filter(([count]) => count > 0)];
}
