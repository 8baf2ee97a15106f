import { systemRandom } from '../../../src/base/index.ts';
import { caOptions } from '../../../src/ca/options.ts';
import { parseSpiffeId, parseTrustDomain } from '../../../src/identity/index.ts';
import { createIssuer } from '../../../src/issuer/index.ts';
import { openState } from '../../../src/store/index.ts';
import { fakeClock } from '../../fakes/clock.ts';

/**
 * Lives through weeks in seconds on the state folder of its first argument, from the time of its second,
 * until it is killed. Each line it prints is something that it promised to somebody.
 */
const [, , folder = '', startMillis = ''] = process.argv;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

say({ begin: true });
const clock = fakeClock(Number(startMillis));
const issuer = await createIssuer({
  state: openState(folder),
  trustDomain: parseTrustDomain('example.org'),
  options: caOptions.parse({ rootTtl: '12d', caTtl: '24h', svidTtl: '3h' }),
  clock: { ...clock, startTimer: (delay, run) => clock.startTimer(Math.max(delay, 1_800_000), run) },
  random: systemRandom,
  events: () => {},
});
for (;;) {
  const svid = await issuer.x509Svid({
    spiffeId: parseSpiffeId('spiffe://example.org/a'),
    dnsNames: [],
    ttlSeconds: undefined,
  });
  say({
    timeMillis: clock.nowMillis(),
    serial: svid.serial,
    sequence: issuer.bundle().sequence,
    roots: issuer.bundle().x509Authorities.map((der) => Buffer.from(der).toString('base64')),
    chain: svid.certificates.map((der) => Buffer.from(der).toString('base64')),
  });
  await clock.advance(1_800_000);
}
