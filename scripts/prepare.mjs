// Runs at the end of `npm ci`. An npm on an old Node leaves out optional packages whose `engines` ask for a newer
// one, although the Node that the tests use, the npm package `node`, is new enough: the native parts of the test
// runner are such packages. Where one is missing, npm is run once more, now by the new Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const npm = process.env.npm_execpath;
const newNode = `${root}node_modules/node/bin/node`;

if (npm !== undefined && existsSync(newNode) && existsSync(`${root}package-lock.json`)) {
  const missing = missingPackages();
  if (missing.length > 0) {
    process.stdout.write(`installing what this Node is too old for: ${missing.join(', ')}\n`);
    const args = [npm, 'install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { status } = spawnSync(newNode, args, { cwd: root, stdio: 'inherit' });
    process.exitCode = status ?? 1;
  }
}

/** The optional packages for this machine that `package-lock.json` names and that are not there. */
function missingPackages() {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
  process.report.excludeNetwork = true;
  const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return Object.entries(packages)
    .filter(
      ([path, { optional, os, cpu, libc: libcs }]) =>
        optional === true &&
        os?.includes(process.platform) &&
        cpu?.includes(process.arch) &&
        (libcs?.includes(libc) ?? true) &&
        !existsSync(root + path),
    )
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
}
