import type { PortName, ServiceName } from './places.ts';

/** One row of the lab's table: something that is done, and what must come of it. */
export interface LabRow {
  /** Stable, for tests and programs. */
  readonly id: string;
  /** What people read. */
  readonly title: string;
  readonly act: Act;
  readonly expected: Verdict;
}

export type Act = HttpAct | TcpAct | HandshakeAct | RotationAct | PolicyEditAct | OutageAct;

/** A request to a listener of an Envoy. */
export interface HttpAct {
  readonly kind: 'http';
  readonly through: Door;
  readonly method: string;
  /** Sent as it stands. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: TokenWish;
  /** What the workload must have seen of these headers; null means: not there. */
  readonly arrives?: Readonly<Record<string, string | null>>;
}

/** The same bytes through a TCP listener. */
export interface TcpAct {
  readonly kind: 'tcp';
  readonly through: Door;
}

/** Straight to the mTLS port of orders, past every sidecar. */
export interface HandshakeAct {
  readonly kind: 'handshake';
  readonly with: 'plain_text' | 'no_certificate' | 'foreign_certificate';
}

/** Requests, each on a new connection, until the caller's certificate has changed twice. */
export interface RotationAct {
  readonly kind: 'rotation';
}

/** Closes a path by editing a policy; obeyed within a second, without a restart. */
export interface PolicyEditAct {
  readonly kind: 'policy_edit';
  readonly how: 'write_in_place' | 'rename_over' | 'data_symlink';
}

/** Sallyport is stopped before the first of these and started before the last. */
export interface OutageAct {
  readonly kind: 'outage';
  readonly step: 'verdict_while_stopped' | 'tls_while_stopped' | 'verdict_after_restart';
}

export interface Door {
  readonly service: ServiceName;
  readonly port: PortName;
}

/** What the lab's issuer is asked to sign. */
export interface TokenWish {
  readonly roles?: readonly string[];
  readonly issuer?: string;
  readonly audience?: string;
  readonly lifetimeSeconds?: number;
  readonly key?: 'stray';
}

/** Outcome of a row. `-` as status: the connection ended without an HTTP answer. */
export interface Verdict {
  readonly status: string;
  readonly reason: string;
  /** `<namespace>/<name>`; undefined when no policy decided. */
  readonly policy: string | undefined;
  readonly rule: number | undefined;
}

export interface Got extends Verdict {
  /** For people: how long it took, how many serials were seen. */
  readonly note: string;
  /** What is wrong beside the four fields; a row with any differs. */
  readonly problems: readonly string[];
}

export interface RowResult {
  readonly row: LabRow;
  readonly got: Got;
  readonly isAsExpected: boolean;
}
