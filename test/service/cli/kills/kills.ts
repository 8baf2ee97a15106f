import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAdmin } from '../../../../src/admin/index.ts';
import type { Random } from '../../../../src/base/index.ts';
import { parseTrustDomain } from '../../../../src/identity/index.ts';
import type { AuthorityView, IssuedCertificate } from '../../../../src/issuer/index.ts';
import { readPem, verifySvid } from '../../../../src/x509/index.ts';
import { serve, serveAndKill } from '../run-cli.ts';
import { fetchChains, keepBusy, type Place, type Promises } from './life.ts';

export interface KillReport {
  readonly kills: number;
  /** Certificates that left before a kill, and roots that were published. */
  readonly certificates: number;
  readonly authorities: number;
  readonly problems: readonly string[];
}

/** This part of the kills comes before it is ready, which takes about so long. */
const EARLY = 1 / 3;
const START_MILLIS = 1000;
/** The others come at a moment of so long after that. */
const BUSY_MILLIS = 1500;
/** So often a folder is a new one, for kills in a first start. */
const KILLS_PER_FOLDER = 8;
const IDENTITIES = 20;
const LIST_MAX = 10_000;
const ORDER: readonly AuthorityView['status'][] = ['prepared', 'active', 'old'];

/**
 * Kills `sallyport serve` with SIGKILL at random moments of its start, of issuance and of rotations of the
 * root, and after each kill starts it again and looks whether anything that left it is forgotten.
 */
export async function killAgainAndAgain(
  kills: number,
  random: Random,
  progress: (line: string) => void = () => undefined,
): Promise<KillReport> {
  const problems: string[] = [];
  let [certificates, authorities] = [0, 0];
  for (let done = 0; done < kills; done += KILLS_PER_FOLDER) {
    const folder = mkdtempSync(join(tmpdir(), 'sp-kills-'));
    try {
      const promises: Promises = { serials: new Set(), authorities: new Map(), revoking: new Set() };
      const place = makePlace(folder);
      for (let kill = done; kill < Math.min(done + KILLS_PER_FOLDER, kills); kill += 1) {
        await liveAndDie(folder, place, promises, random);
        const found = await lookAgain(folder, place, promises);
        problems.push(...found.map((problem) => `after kill ${kill + 1}: ${problem}`));
      }
      certificates += promises.serials.size;
      authorities += promises.authorities.size;
      progress(`${Math.min(done + KILLS_PER_FOLDER, kills)} kills, ${certificates} certificates`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (certificates < kills) {
    problems.push('so few certificates left that this shows nothing');
  }
  return { kills, certificates, authorities, problems };
}

function makePlace(folder: string): Place {
  const spiffeIds = Array.from({ length: IDENTITIES }, (_, index) => `spiffe://example.org/w${index}`);
  for (const name of ['run', 'entries']) {
    mkdirSync(join(folder, name));
  }
  writeFileSync(
    join(folder, 'sallyport.yaml'),
    `trustDomain: example.org
stateDir: ./state
listeners:
  agents:
    - { name: all, address: "unix:run/agent.sock" }
  admin: { address: "127.0.0.1:0" }
allowNoPolicies: true
entries: [./entries]
ca: { svidTtl: 5s, caTtl: 1m }
`,
  );
  writeFileSync(join(folder, 'entries', 'all.yaml'), spiffeIds.map(entryText).join('---\n'));
  return {
    adminSocket: join(folder, 'state', 'admin.sock'),
    agentSocket: join(folder, 'run', 'agent.sock'),
    spiffeIds,
  };
}

function entryText(spiffeId: string, index: number): string {
  return `apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: { name: w${index} }
spec: { spiffeID: "${spiffeId}", selectors: ["sallyport:socket:all"] }
`;
}

async function liveAndDie(folder: string, place: Place, promises: Promises, random: Random): Promise<void> {
  const settings = join(folder, 'sallyport.yaml');
  const stop = new AbortController();
  const busy = keepBusy(place, promises, stop.signal);
  if (random.fraction() < EARLY) {
    await serveAndKill(settings, random.fraction() * START_MILLIS);
  } else {
    const running = await serve(settings);
    await sleep(random.fraction() * BUSY_MILLIS);
    await running.end('SIGKILL');
  }
  stop.abort();
  await busy;
}

/** Starts it again; what it serves must be good, and what it promised must be kept. */
async function lookAgain(folder: string, place: Place, promises: Promises): Promise<readonly string[]> {
  const running = await serve(join(folder, 'sallyport.yaml'));
  try {
    return [
      ...(await certificateProblems(place, promises)),
      ...(await authorityProblems(place, promises)),
      ...(await servingProblems(place)),
    ];
  } finally {
    await running.end('SIGTERM');
  }
}

async function certificateProblems({ adminSocket }: Place, promises: Promises): Promise<readonly string[]> {
  const listed = (await callAdmin(adminSocket, 'certs.list', { all: true, limit: LIST_MAX })) as {
    readonly certificates: readonly IssuedCertificate[];
  };
  const known = new Set(listed.certificates.map(({ serial }) => serial));
  return [...promises.serials]
    .filter((serial) => !known.has(serial))
    .map((serial) => `certificate ${serial} left and is not in the inventory`);
}

async function authorityProblems({ adminSocket }: Place, promises: Promises): Promise<readonly string[]> {
  const views = (await callAdmin(adminSocket, 'authority.show', null)) as readonly AuthorityView[];
  const now = new Map(views.map((view) => [view.id, view]));
  const active = views.filter(({ status }) => status === 'active').map(({ kind }) => kind);
  const problems = [...promises.authorities.values()].flatMap((before) => {
    const after = now.get(before.id);
    if (after === undefined) {
      return promises.revoking.has(before.id) ? [] : [`${before.kind} ${before.id} is forgotten`];
    }
    const isBack = ORDER.indexOf(after.status) < ORDER.indexOf(before.status);
    return isBack || (before.tainted && !after.tainted) ? [`${before.kind} ${before.id} went back`] : [];
  });
  for (const view of views) {
    promises.authorities.set(view.id, view);
  }
  return active.sort().join() === 'intermediate,root'
    ? problems
    : [...problems, `in force are ${active.join()}`];
}

async function servingProblems(place: Place): Promise<readonly string[]> {
  const { x509Authorities, sequence } = (await callAdmin(place.adminSocket, 'bundle.show', null)) as {
    readonly x509Authorities: readonly string[];
    readonly sequence: number;
  };
  const bundle = {
    trustDomain: parseTrustDomain('example.org'),
    x509Authorities: x509Authorities.map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
    jwtAuthorities: [],
    sequence,
    refreshHintSeconds: 60,
  };
  const chains = await fetchChains(place);
  const ids = chains.map(
    (chain) => verifySvid(readPem(chain.join('\n'), 'CERTIFICATE'), bundle, Date.now() / 1000).spiffeId.uri,
  );
  return place.spiffeIds.every((id) => ids.includes(id)) ? [] : ['not every identity is served'];
}
