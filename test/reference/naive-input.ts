/** The objects as they stand in a file, and a request as plain data: see `test/vectors/policy/README.md`. */
export interface NaivePolicy {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: NaiveSpec;
}

export interface NaiveSpec {
  readonly action?: 'ALLOW' | 'DENY' | 'AUDIT';
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRefs?: readonly { readonly kind: string; readonly name: string }[];
  readonly rules?: readonly NaiveRule[];
}

export interface NaiveRule {
  readonly from?: readonly { readonly source: Lists }[];
  readonly to?: readonly { readonly operation: Lists }[];
  readonly when?: readonly NaiveCondition[];
}

export type Lists = Readonly<Record<string, readonly string[]>>;

export interface NaiveCondition {
  readonly key: string;
  readonly values?: readonly string[];
  readonly notValues?: readonly string[];
}

export interface NaiveMesh {
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  readonly rootNamespace: string;
}

export interface NaiveTarget {
  readonly namespace: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly gatewayName?: string | undefined;
  readonly services: readonly { readonly kind: string; readonly namespace: string; readonly name: string }[];
}

export interface NaiveRequest {
  readonly tcp: boolean;
  readonly principals: readonly string[];
  readonly sourceAddress: string | null;
  readonly remoteAddress: string | null;
  readonly destinationAddress: string | null;
  readonly destinationPort: number | null;
  readonly sni: string | null;
  readonly method: string;
  readonly host: string;
  readonly path: string | null;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly joinedHeaders: boolean;
  readonly claims: Readonly<Record<string, unknown>> | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export interface NaiveVerdict {
  readonly effect: 'allow' | 'deny';
  readonly reason: string;
  readonly policy?: string;
  readonly rule?: number;
}
