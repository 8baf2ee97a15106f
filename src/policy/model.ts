import type { IpRange } from '../base/index.ts';
import type { TokenRule } from '../jwt/index.ts';
import type { PolicyRef } from './decision.ts';
import type { PathTemplate } from './match/path-template.ts';
import type { TextPattern } from './match/text-pattern.ts';

/**
 * Checked policies as plain data that can be posted to a worker: what every front end lowers to and what
 * is compiled. Values are parsed; nothing here can fail later.
 */
export interface PolicyObjects {
  readonly authorization: readonly AuthorizationPolicy[];
  readonly requestAuthentication: readonly TokenPolicy[];
  readonly peerAuthentication: readonly PeerPolicy[];
}

export interface AuthorizationPolicy {
  readonly ref: PolicyRef;
  readonly attachment: Attachment;
  readonly action: PolicyAction;
  /** Who is asked about requests that a CUSTOM policy is for; no other action has one. */
  readonly provider?: string;
  /** Evaluated and reported, never enforced. */
  readonly dryRun: boolean;
  readonly rules: readonly Rule[];
}

export type PolicyAction = 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';

/** Which workloads a policy holds for, within the namespaces that its own allows. */
export type Attachment =
  /** Workloads that have all of these labels; without any, every workload. */
  | { readonly by: 'labels'; readonly labels: readonly (readonly [string, string])[] }
  | { readonly by: 'targets'; readonly targets: readonly TargetReference[] };

export interface TargetReference {
  readonly kind: 'Gateway' | 'GatewayClass' | 'Service' | 'ServiceEntry';
  readonly name: string;
}

/** Holds when one of `from`, one of `to` and all of `when` hold; an empty list is no restriction. */
export interface Rule {
  readonly index: number;
  /** Names the rule; rules are tried, and the first hit reported, in the byte order of their keys. */
  readonly key: string;
  readonly from: readonly ConditionGroup[];
  readonly to: readonly ConditionGroup[];
  readonly when: ConditionGroup;
}

/** All of these hold. */
export type ConditionGroup = readonly Condition[];

export interface Condition {
  /** Where it stands in its rule: `from[0].source.notPrincipals`. */
  readonly field: string;
  readonly match: Match;
  /** Holds when none of the values matches. */
  readonly negated: boolean;
}

/** One attribute and the values of which one has to match. */
export type Match =
  /** Patterns of SPIFFE IDs without their scheme. */
  | { readonly subject: 'principal'; readonly values: readonly TextPattern[] }
  /** Namespace names in which every `*` stands for anything. */
  | { readonly subject: 'namespace'; readonly values: readonly string[] }
  | { readonly subject: 'serviceAccount'; readonly values: readonly AccountName[] }
  /** Trust domain names with at most one `*`. */
  | { readonly subject: 'trustDomain'; readonly values: readonly string[] }
  | { readonly subject: 'sourceIp' | 'remoteIp'; readonly values: readonly IpRange[] }
  | { readonly subject: 'destinationIp'; readonly values: readonly IpRange[] }
  | { readonly subject: 'requestPrincipal'; readonly values: readonly RequestPrincipalPattern[] }
  | { readonly subject: 'claim'; readonly path: readonly string[]; readonly values: readonly TextPattern[] }
  /** `name` is lower case. */
  | { readonly subject: 'header'; readonly name: string; readonly values: readonly TextPattern[] }
  /** Lower case. */
  | { readonly subject: 'host'; readonly values: readonly TextPattern[] }
  | { readonly subject: 'method'; readonly values: readonly TextPattern[] }
  | { readonly subject: 'path'; readonly values: readonly (TextPattern | PathTemplate)[] }
  | { readonly subject: 'port'; readonly values: readonly number[] }
  | { readonly subject: 'sni'; readonly values: readonly TextPattern[] }
  | {
      readonly subject: 'metadata';
      readonly filter: string;
      readonly key: string;
      readonly values: readonly MetadataPattern[];
    };

export interface AccountName {
  readonly namespace: string;
  readonly name: string;
}

export interface RequestPrincipalPattern {
  readonly issuer: TextPattern;
  readonly subject: TextPattern;
}

export interface MetadataPattern {
  /** Looks for the text in a list instead of comparing it with the value. */
  readonly inList: boolean;
  readonly pattern: TextPattern;
}

export interface TokenPolicy {
  readonly ref: PolicyRef;
  readonly attachment: Attachment;
  readonly createdAtMillis: number | undefined;
  readonly rules: readonly TokenRule[];
}

export interface PeerPolicy {
  readonly ref: PolicyRef;
  readonly labels: readonly (readonly [string, string])[];
  readonly createdAtMillis: number | undefined;
  /** Undefined takes over the mode of the wider scope. */
  readonly mode: PeerMode | undefined;
  readonly ports: readonly (readonly [number, PeerMode | undefined])[];
}

/** Plain text only, both, or mutual TLS only. */
export type PeerMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

/** What a workload wants of its callers' connections; Istio specification, section 3. */
export interface PeerModes {
  readonly mode: PeerMode;
  /** The policy that set it; undefined for the default, which is PERMISSIVE. */
  readonly policy: PolicyRef | undefined;
  readonly ports: ReadonlyMap<number, PeerMode>;
  readonly portPolicy: PolicyRef | undefined;
}
