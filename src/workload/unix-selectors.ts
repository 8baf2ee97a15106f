import { normalize } from 'node:path/posix';

/** A kind of selector that some caller can show. */
export interface SelectorForm {
  readonly prefix: string;
  readonly example: string;
  readonly isValue: (value: string) => boolean;
}

/** What the kernel says about the process at the other end of a Unix socket. */
export interface ProcessFacts {
  readonly uid: number;
  readonly gid: number;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  /** Where the executable is, as Sallyport sees the files. */
  readonly path?: string | undefined;
  /** Of the executable, lower-case hex. */
  readonly sha256?: string | undefined;
}

type FactName = keyof ProcessFacts;

const NAMES: readonly FactName[] = ['uid', 'gid', 'user', 'group', 'path', 'sha256'];
const EXAMPLES: Readonly<Record<FactName, string>> = {
  uid: '1000',
  gid: '1000',
  user: 'orders',
  group: 'orders',
  path: '/usr/bin/orders',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};
/** The highest number a user can have; the one above it stands for none. */
const ID_MAX = 0xffff_fffe;

export const UNIX_SELECTOR_FORMS: readonly SelectorForm[] = NAMES.map((name) => ({
  prefix: prefixOf(name),
  example: `${prefixOf(name)}${EXAMPLES[name]}`,
  isValue: (value) => isFact(name, value),
}));

export const SHA256_PREFIX = prefixOf('sha256');

/** What needs the process itself to be in sight: in our PID namespace and readable. */
export const PROCESS_PREFIXES: readonly string[] = (['user', 'group', 'path', 'sha256'] as const).map(
  prefixOf,
);

/** One selector for each fact that is known and that an entry could name. */
export function unixSelectors(facts: ProcessFacts): readonly string[] {
  return NAMES.flatMap((name) => {
    const value = facts[name];
    return value !== undefined && isFact(name, String(value)) ? [`${prefixOf(name)}${value}`] : [];
  });
}

function prefixOf(name: FactName): string {
  return `unix:${name}:`;
}

function isFact(name: FactName, value: string): boolean {
  switch (name) {
    case 'uid':
    case 'gid':
      return /^(?:0|[1-9]\d{0,9})$/.test(value) && Number(value) <= ID_MAX;
    case 'user':
    case 'group':
      return /^[^\s:/\p{Cc}]{1,256}$/u.test(value);
    case 'path':
      return (
        value.startsWith('/') &&
        value.length <= 4096 &&
        !/\p{Cc}/u.test(value) &&
        !value.endsWith('/') &&
        normalize(value) === value
      );
    case 'sha256':
      return /^[0-9a-f]{64}$/.test(value);
  }
}
