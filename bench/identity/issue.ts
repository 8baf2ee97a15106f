import { createECDH, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { caOptions } from '../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../src/identity/index.ts';
import { createIssuer } from '../../src/issuer/index.ts';
import { renewalDelayMillis } from '../../src/issuer/renewal-times.ts';
import { openState } from '../../src/store/index.ts';

/**
 * How fast certificates are issued the whole way (key pair, template, signature, look again, committed row)
 * beside the raw work of the key pair, one signature and one verification; and how renewals spread.
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

const ratios: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const part = requests.slice((round * COUNT) / ROUNDS, ((round + 1) * COUNT) / ROUNDS);
  const primitives = primitiveRate();
  const started = performance.now();
  await Promise.all(part.map((request) => issuer.x509Svid(request)));
  const rate = (part.length / (performance.now() - started)) * 1000;
  ratios.push(rate / primitives);
  print(
    `round ${round + 1}: primitives ${text(primitives)}/s, issued ${text(rate)}/s, ratio`,
    rate / primitives,
  );
}
print('issuance to primitives, median', ratios.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0);

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

/** Key pairs, signatures and verifications of one certificate each, per second. */
function primitiveRate(): number {
  const ca = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicKey = createPublicKey(ca.privateKey);
  const data = Buffer.alloc(500, 7);
  const started = performance.now();
  for (let count = 0; count < PRIMITIVES; count += 1) {
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    if (!verify('sha256', data, publicKey, sign('sha256', data, ca.privateKey))) {
      throw new Error('a signature does not verify');
    }
  }
  return (PRIMITIVES / (performance.now() - started)) * 1000;
}

function print(label: string, value: number): void {
  process.stdout.write(`${label} ${value.toFixed(3)}\n`);
}

function text(rate: number): string {
  return rate.toFixed(0);
}
