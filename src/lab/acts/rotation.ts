import { sleep } from '../../base/index.ts';
import { IDENTITIES } from '../identities.ts';
import type { Lab, LabReply } from '../lab.ts';
import type { Door, Got } from '../lab-row.ts';
import { readAccess } from '../log-lines.ts';
import { verdictOf } from './http.ts';

const COURIER: Door = { service: 'frontend', port: 'courier' };
const PATH = '/parcels';
const CHANGES_WANTED = 2;
const TIME_MAX_MILLIS = 45_000;
const PAUSE_MILLIS = 25;
const CALLERS = 2;

/**
 * Requests without a break, each on a new TLS connection, until the receiving Envoy has seen the caller's
 * serial change twice. Not one may fail.
 */
export async function performRotation(lab: Lab): Promise<Got> {
  const end = lab.clock.monotonicMillis() + TIME_MAX_MILLIS;
  const failures: string[] = [];
  let count = 0;
  let last: LabReply | undefined;
  const isDone = (): boolean =>
    lab.signal.aborted || courierSerials(lab).length > CHANGES_WANTED || lab.clock.monotonicMillis() >= end;
  const keepCalling = async (): Promise<void> => {
    while (!isDone()) {
      const sent = await lab.call(COURIER, { path: PATH });
      count += 1;
      if (sent.reply?.status !== 200) {
        failures.push(String(sent.reply?.status ?? 'no answer'));
      }
      last = sent;
      await sleep(lab.clock, PAUSE_MILLIS);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, keepCalling));
  const serials = courierSerials(lab).length;
  const verdict = last === undefined ? undefined : await verdictOf(lab, last);
  return {
    status: failures[0] ?? '200',
    reason: verdict?.reason ?? 'no_request_sent',
    policy: verdict?.policy,
    rule: verdict?.rule,
    note: `${count} requests, ${serials} serials`,
    problems: [
      ...(failures.length === 0 ? [] : [`${failures.length} of ${count} requests failed`]),
      ...(serials > CHANGES_WANTED ? [] : [`the serial changed ${Math.max(0, serials - 1)} times only`]),
    ],
  };
}

/** The serials of the courier that the Envoy of orders has seen, each once, in order. */
export function courierSerials(lab: Lab): readonly string[] {
  const serials = new Set<string>();
  for (const line of lab.service('orders').output.stdout.lines()) {
    const access = line.includes(PATH) ? readAccess(line) : undefined;
    if (access?.peerUri === IDENTITIES.courier.uri && access.peerSerial !== '') {
      serials.add(access.peerSerial);
    }
  }
  return [...serials];
}
