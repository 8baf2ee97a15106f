import { createECDH, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { caOptions } from '../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../src/identity/index.ts';
import { createIssuer, type SvidRequest } from '../../src/issuer/index.ts';
import { renewalDelayMillis } from '../../src/issuer/renewal-times.ts';
import { openState } from '../../src/store/index.ts';

/**
 * How fast certificates are issued the whole way (key pair, template, signature, look again, committed row)
 * beside the raw work of the key pair, one signature and one verification, by the clock and by the time of the
 * processor, which other work on the machine changes little; and how renewals spread.
 * Usage: node bench/identity/issue.ts [identities]
 */
const COUNT = Number(process.argv[2] ?? 10_000);
const ROUNDS = 5;
const PRIMITIVES = 2000;

const folder = mkdtempSync(join(tmpdir(), 'sp-bench-'));
const state = openState(join(folder, 'state'));
const issuer = await createIssuer({
  state,
  trustDomain: parseTrustDomain('example.org'),
  options: caOptions.parse({}),
  clock: systemClock,
  random: systemRandom,
  events: () => {},
});
const requests = Array.from({ length: COUNT }, (_, index) => ({
  spiffeId: parseSpiffeId(`spiffe://example.org/ns/bench/sa/w${index}`),
  dnsNames: [],
  ttlSeconds: 3600,
}));

const rounds: { readonly clock: number; readonly cpu: number }[] = [];
await warmUp();
for (let round = 0; round < ROUNDS; round += 1) {
  const part = requests.slice((round * COUNT) / ROUNDS, ((round + 1) * COUNT) / ROUNDS);
  const primitives = await perSecondOf(PRIMITIVES, runPrimitives);
  const issued = await perSecondOf(part.length, () => issueAll(part));
  const ratio = { clock: issued.clock / primitives.clock, cpu: issued.cpu / primitives.cpu };
  rounds.push(ratio);
  process.stdout.write(
    `round ${round + 1}: primitives ${text(primitives.clock)}/s, issued ${text(issued.clock)}/s, ` +
      `ratio ${ratio.clock.toFixed(3)}; by processor time ${text(primitives.cpu)}/s, ${text(issued.cpu)}/s, ` +
      `${ratio.cpu.toFixed(3)}\n`,
  );
}
print('issuance to primitives, median, by the clock', median(rounds.map(({ clock }) => clock)));
print('issuance to primitives, median, by processor time', median(rounds.map(({ cpu }) => cpu)));

const perSecond = new Map<number, number>();
const nowMillis = systemClock.nowMillis();
for (const request of requests) {
  const svid = await issuer.x509Svid(request);
  const second = Math.floor(renewalDelayMillis(svid, nowMillis, systemRandom) / 1000);
  perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
}
print('renewals in the fullest second, percent of all', (Math.max(...perSecond.values()) / COUNT) * 100);
issuer.stop();
state.close();
rmSync(folder, { recursive: true });

/** So that the first round does not measure how long the code takes to be compiled. */
async function warmUp(): Promise<void> {
  runPrimitives();
  await issueAll(
    Array.from({ length: PRIMITIVES }, (_, index) => ({
      spiffeId: parseSpiffeId(`spiffe://example.org/ns/bench/sa/warm${index}`),
      dnsNames: [],
      ttlSeconds: 3600,
    })),
  );
}

/** As streams do that open all at once: each keeps its identity from then on. */
function issueAll(wanted: readonly SvidRequest[]): Promise<void> {
  let missing = wanted.length;
  return new Promise((resolve) => {
    for (const request of wanted) {
      issuer.keep(request, () => {
        missing -= 1;
        if (missing === 0) {
          resolve();
        }
      });
    }
  });
}

/** How many there are in a second of the clock, and in one of the processor. */
async function perSecondOf(
  count: number,
  work: () => unknown,
): Promise<{ readonly clock: number; readonly cpu: number }> {
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    clock: (count / (performance.now() - started)) * 1000,
    cpu: (count / (user + system)) * 1_000_000,
  };
}

/** Key pairs, signatures and verifications of one certificate each. */
function runPrimitives(): void {
  const ca = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicKey = createPublicKey(ca.privateKey);
  const data = Buffer.alloc(500, 7);
  for (let count = 0; count < PRIMITIVES; count += 1) {
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    if (!verify('sha256', data, publicKey, sign('sha256', data, ca.privateKey))) {
      throw new Error('a signature does not verify');
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function print(label: string, value: number): void {
  process.stdout.write(`${label} ${value.toFixed(3)}\n`);
}

function text(rate: number): string {
  return rate.toFixed(0);
}
