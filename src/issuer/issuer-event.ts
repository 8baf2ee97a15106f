import type { AppEvent } from '../base/index.ts';

/** What the issuer tells its sink. Levels: a person has to act on `error`, should know of `warn`. */
export type IssuerEvent = AppEvent & {
  readonly event:
    | 'issuer.authorityPrepared'
    | 'issuer.authorityActivated'
    | 'issuer.rotationFailed'
    | 'issuer.clockJumped'
    | 'issuer.issued'
    | 'issuer.shortened'
    | 'issuer.renewalFailed'
    | 'issuer.listenerFailed';
};

export type IssuerEventSink = (event: IssuerEvent) => void;
