import { systemRandom } from '../../base/index.ts';
import { createForeignCa } from '../../ca/index.ts';
import { writePem } from '../../x509/index.ts';
import { IDENTITIES, TRUST_DOMAIN } from '../identities.ts';
import type { Lab } from '../lab.ts';
import type { Got, HandshakeAct, TcpAct } from '../lab-row.ts';
import { decisionOfConnection, failedHandshake } from '../log-lines.ts';
import { callRaw, type RawReply } from '../raw-call.ts';
import { statusText } from './http.ts';

/** Bytes to the ledger; one verdict for the connection. */
export async function performTcp(lab: Lab, act: TcpAct): Promise<Got> {
  const log = lab.service('sallyport').output.stdout;
  const mark = log.mark();
  const { status } = await callRaw(lab.runtime.reach(act.through.service, act.through.port));
  const decision = await decisionOfConnection(log, mark, 'shop/ledger');
  return {
    status: statusText(status),
    reason: decision?.reason ?? 'no_decision_logged',
    policy: decision?.policy,
    rule: decision?.rule,
    note: '',
    problems: [],
  };
}

/** Past every sidecar, to the door that only mutual TLS opens. */
export async function performHandshake(lab: Lab, act: HandshakeAct): Promise<Got> {
  const log = lab.service('orders').output.stdout;
  const mark = log.mark();
  const reply = await knock(lab, act);
  const failure = await failedHandshake(log, mark);
  const isRefused = reply.status === undefined && failure?.peerFailure.includes(FAILURES[act.with]) === true;
  return {
    status: statusText(reply.status),
    reason: isRefused ? 'tls_refused' : 'tls_accepted',
    policy: undefined,
    rule: undefined,
    note: '',
    problems: [],
  };
}

/** What the Envoy must give as its reason, or it was refused for something else than we meant to show. */
const FAILURES: Readonly<Record<HandshakeAct['with'], string>> = {
  plain_text: 'HTTP_REQUEST',
  no_certificate: 'PEER_DID_NOT_RETURN_A_CERTIFICATE',
  foreign_certificate: 'CERTIFICATE_VERIFY_FAILED',
};

async function knock(lab: Lab, act: HandshakeAct): Promise<RawReply> {
  const to = lab.runtime.reach('orders', 'inbound');
  // Whether the server is the right one does not matter here: the question is whom it lets in.
  const anyServer = { rejectUnauthorized: false, minVersion: 'TLSv1.3' } as const;
  switch (act.with) {
    case 'plain_text':
      return callRaw(to);
    case 'no_certificate':
      return callRaw(to, anyServer);
    case 'foreign_certificate': {
      const nowSeconds = Math.floor(lab.clock.nowMillis() / 1000);
      const foreign = await createForeignCa(TRUST_DOMAIN, nowSeconds, systemRandom);
      const svid = await foreign.svid(IDENTITIES.frontend);
      return callRaw(to, {
        ...anyServer,
        cert: writePem('CERTIFICATE', svid.certificates),
        key: writePem('PRIVATE KEY', [svid.privateKey]),
      });
    }
  }
}
