import type { AppEvent } from '../base/index.ts';

/** What the issuer tells its sink. Levels: a person has to act on `error`, should know of `warn`. */
export type IssuerEvent = AppEvent & {
  readonly event:
    | 'issuer.authorityPrepared'
    | 'issuer.authorityActivated'
    | 'issuer.jwtKeyPrepared'
    | 'issuer.jwtKeyActivated'
    | 'issuer.rotationFailed'
    | 'issuer.clockJumped'
    | 'issuer.issued'
    | 'issuer.shortened'
    | 'issuer.renewalFailed'
    | 'issuer.listenerFailed'
    | 'issuer.authorityTainted'
    | 'issuer.authorityRevoked'
    | 'issuer.rootRenewed'
    | 'issuer.certificateRevoked'
    | 'issuer.identityStopped'
    | 'issuer.identityAllowed'
    | 'issuer.pruningFailed'
    | 'issuer.crlSigned'
    | 'issuer.crlFailed'
    | 'issuer.crlFull'
    | 'issuer.upstreamTaken'
    | 'issuer.upstreamRefused'
    | 'issuer.upstreamEnding'
    | 'issuer.ownRootUnused';
};

export type IssuerEventSink = (event: IssuerEvent) => void;
