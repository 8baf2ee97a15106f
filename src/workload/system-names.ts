import { readFile, stat } from 'node:fs/promises';

/** Names of users and groups, from the files that stand for them. */
export interface SystemNames {
  user(uid: number): Promise<string | undefined>;
  group(gid: number): Promise<string | undefined>;
}

interface NameFile {
  readonly stamp: string;
  readonly names: ReadonlyMap<number, string>;
}

const FILE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Reads passwd(5) and group(5) again when they have changed. What a directory service knows beside them is not
 * asked: an identity must not hang on whether one answers.
 */
export function createSystemNames(passwdPath = '/etc/passwd', groupPath = '/etc/group'): SystemNames {
  const [users, groups] = [passwdPath, groupPath].map(namesIn);
  return {
    user: async (uid) => (await users?.())?.get(uid),
    group: async (gid) => (await groups?.())?.get(gid),
  };
}

function namesIn(path: string): () => Promise<ReadonlyMap<number, string>> {
  let known: NameFile = { stamp: '', names: new Map() };
  return async () => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined || found.size > FILE_BYTES_MAX) {
      return new Map();
    }
    const stamp = `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
    if (stamp !== known.stamp) {
      known = { stamp, names: parseNames(await readFile(path, 'utf8').catch(() => '')) };
    }
    return known.names;
  };
}

/** `name:password:id:…`; of several names for one id the first counts, as in getpwuid(3). */
function parseNames(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name !== undefined && id !== undefined && /^\d{1,10}$/.test(id) && !names.has(Number(id))) {
      names.set(Number(id), name);
    }
  }
  return names;
}
