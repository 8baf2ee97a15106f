import { sleep } from '../../base/index.ts';
import { IDENTITIES } from '../identities.ts';
import type { Lab } from '../lab.ts';
import type { Door, Got, OutageAct } from '../lab-row.ts';
import { accessOfRequest } from '../log-lines.ts';
import { readTrustBundle } from '../trust-bundle.ts';
import { statusText, verdictOf } from './http.ts';
import { courierSerials } from './rotation.ts';

const ORDERS: Door = { service: 'frontend', port: 'orders' };
const COURIER: Door = { service: 'frontend', port: 'courier' };
const NEW_CERTIFICATE_MILLIS = 15_000;
const POLL_MILLIS = 100;

export async function performOutage(lab: Lab, { step }: OutageAct): Promise<Got> {
  switch (step) {
    case 'verdict_while_stopped':
      await lab.stopSallyport();
      return askWithoutSallyport(lab, '/orders');
    case 'tls_while_stopped':
      return askWithoutSallyport(lab, '/healthz');
    case 'verdict_after_restart':
      return startAgain(lab);
  }
}

/** What the Envoy of orders itself says of a request, with nobody to ask. */
async function askWithoutSallyport(lab: Lab, path: string): Promise<Got> {
  const { requestId, reply } = await lab.call(ORDERS, { path });
  const access = await accessOfRequest(lab.service('orders').output.stdout, requestId);
  const isOverTls = access?.peerUri === IDENTITIES.frontend.uri && access.peerSerial !== '';
  const isPassed = access?.details === 'via_upstream' && access.verdict === undefined;
  return {
    status: statusText(reply?.status),
    reason: isPassed ? 'no_verdict_needed' : (access?.details ?? 'nothing_logged'),
    policy: undefined,
    rule: undefined,
    note: '',
    problems: [
      ...(isOverTls ? [] : ['it did not arrive over mutual TLS']),
      ...(lab.service('sallyport').hasEnded() ? [] : ['Sallyport runs']),
    ],
  };
}

/** The same root, and certificates that it vouches for are issued again. */
async function startAgain(lab: Lab): Promise<Got> {
  const admin = lab.runtime.reach('orders', 'admin');
  const rootsBefore = await readTrustBundle(admin);
  const serialsBefore = courierSerials(lab).length;
  await lab.startSallyport();
  const start = lab.clock.monotonicMillis();
  let isRenewed = false;
  while (!isRenewed && lab.clock.monotonicMillis() - start < NEW_CERTIFICATE_MILLIS) {
    const { reply } = await lab.call(COURIER, { path: '/parcels' });
    isRenewed = reply?.status === 200 && courierSerials(lab).length > serialsBefore;
    await sleep(lab.clock, POLL_MILLIS);
  }
  const sent = await lab.call(ORDERS, { path: '/orders' });
  const rootsAfter = await readTrustBundle(admin);
  return {
    ...(await verdictOf(lab, sent)),
    note: 'same root',
    problems: [
      ...(isRenewed ? [] : ['no new certificate after the restart']),
      ...(rootsAfter === rootsBefore ? [] : ['the root is another one']),
    ],
  };
}
