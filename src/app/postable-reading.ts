import { LIMITS, sortDiagnostics } from '../base/index.ts';
import type { Settings } from '../config/index.ts';
import type { PolicyObjects } from '../policy/index.ts';
import {
  createDirectory,
  createEntrySet,
  type DirectoryContent,
  type RegistrationEntry,
} from '../workload/index.ts';
import { type ContentReading, meshOf } from './content.ts';

/** A reading of the folders as plain data: what `linkReading` makes a whole one of again. */
export interface PostableReading extends Omit<ContentReading, 'content'> {
  readonly content:
    | {
        readonly policies: PolicyObjects;
        readonly directory: DirectoryContent;
        readonly entries: readonly RegistrationEntry[];
      }
    | undefined;
}

/** So many problems are carried over, errors before warnings: this thread only tells of them. */
export const DIAGNOSTICS_MAX = 5 * LIMITS.diagnostics;

export function postableReading({ content, diagnostics, ...rest }: ContentReading): PostableReading {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const warnings = diagnostics.filter(({ severity }) => severity !== 'error');
  return {
    ...rest,
    diagnostics:
      diagnostics.length <= DIAGNOSTICS_MAX
        ? diagnostics
        : sortDiagnostics([...errors, ...warnings].slice(0, DIAGNOSTICS_MAX)),
    content: content && {
      policies: content.policies,
      directory: content.directory.content,
      entries: content.entries.entries,
    },
  };
}

/** `settings` are those that it was read by. */
export function linkReading({ content, ...rest }: PostableReading, settings: Settings): ContentReading {
  return {
    ...rest,
    content: content && {
      policies: content.policies,
      directory: createDirectory(content.directory, meshOf(settings)),
      entries: createEntrySet(content.entries, settings.trustDomain),
    },
  };
}
