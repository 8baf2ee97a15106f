import type { MethodDefinition, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Clock, EventSink } from '../base/index.ts';
import type { GrpcService } from '../grpc/index.ts';
import type { CheckCall } from './call.ts';
import { type Answer, conclude } from './decide.ts';
import { decisionEvent } from './decision-record.ts';
import { answerCheck, type WaitForKeys } from './loop.ts';
import type { AuthzProfile } from './options.ts';
import type { AskProvider } from './provider.ts';
import type { Snapshot } from './snapshot.ts';
import { undecided } from './verdict.ts';

export interface AuthzServiceOptions {
  /** Undefined until the first one is complete. */
  readonly currentSnapshot: () => Snapshot | undefined;
  /** Of the listener; a profile of the same name in the snapshot is newer and takes its place. */
  readonly profile: AuthzProfile;
  readonly waitForKeys: WaitForKeys;
  /** Without it what CUSTOM policies are for is denied. */
  readonly askProvider?: AskProvider | undefined;
  readonly clock: Clock;
  /** Looked at where Envoy does not send certificates of peers; undefined where nothing is ever revoked. */
  readonly revocations?: { readonly listener: string; exist(): boolean } | undefined;
  /** Gets `authz.decision` for each call. */
  readonly events: EventSink;
}

export const AUTHORIZATION_SERVICE = 'envoy.service.auth.v3.Authorization';

type CheckMethod = MethodDefinition<Buffer, Buffer>;

const asTheyAre = (bytes: Buffer): Buffer => bytes;

/** Messages stay bytes: the reader and the writer of `proto` are quicker than any codec. */
const CHECK: CheckMethod = {
  path: `/${AUTHORIZATION_SERVICE}/Check`,
  requestStream: false,
  responseStream: false,
  requestSerialize: asTheyAre,
  requestDeserialize: asTheyAre,
  responseSerialize: asTheyAre,
  responseDeserialize: asTheyAre,
};

/** The service that Envoy's ext_authz filters call, for one listener. */
export function createAuthzService(options: AuthzServiceOptions): GrpcService {
  const alarm = revocationAlarm(options);
  const check = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void => {
    const start = options.clock.monotonicMillis();
    const finish = (answer: Answer): void => {
      if (answer.kind === 'reply') {
        reply(null, answer.bytes);
      } else {
        reply({ code: status.UNAVAILABLE, details: 'no authorization verdict' });
      }
      const micros = Math.round((options.clock.monotonicMillis() - start) * 1000);
      options.events(decisionEvent(answer.record, micros));
      alarm(answer);
    };
    const answer = answerTo(call, options);
    if (answer instanceof Promise) {
      void answer.then(finish);
    } else {
      finish(answer);
    }
  };
  return { definition: { Check: CHECK }, implementation: { Check: check } };
}

/** Says once that revoked certificates get through here; files cannot tell, for it is Envoy that leaves them out. */
function revocationAlarm({ revocations, events }: AuthzServiceOptions): (answer: Answer) => void {
  let told = false;
  return ({ record }) => {
    if (told || record.withoutCertificate !== true || revocations?.exist() !== true) {
      return;
    }
    told = true;
    events({
      level: 'error',
      event: 'authz.revocation_blind',
      message:
        'certificates are revoked, and an Envoy names peers without sending their certificates, so they get through; set `include_peer_certificate: true` in its ext_authz filter',
      fields: { listener: revocations.listener, profile: record.profile },
    });
  };
}

function answerTo(
  call: ServerUnaryCall<Buffer, Buffer>,
  { currentSnapshot, profile, waitForKeys, askProvider, clock }: AuthzServiceOptions,
): Answer | Promise<Answer> {
  const snapshot = currentSnapshot();
  if (snapshot === undefined) {
    const known = { profile, request: undefined, destination: undefined, principals: [] };
    return conclude(known, undecided('not_ready'));
  }
  const checkCall: CheckCall = {
    bytes: call.request,
    profile: snapshot.profiles.get(profile.name) ?? profile,
    metadata: (name) => call.metadata.get(name).map(String),
    nowSeconds: Math.floor(clock.nowMillis() / 1000),
  };
  const deadlineMillis = Number(call.getDeadline());
  return answerCheck(checkCall, snapshot, { clock, waitForKeys, askProvider, deadlineMillis });
}
