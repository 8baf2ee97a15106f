import { z } from 'zod';
import { checkText, type Duration, durationBetween, type IssueReport, textIssue } from '../base/index.ts';
import { checkListener, listenerShape } from '../grpc/options.ts';

/** What kinds of proxies ask; each has its habits, and `profiles` may change them. */
export const PROXY_KINDS = ['sidecar', 'gateway', 'waypoint', 'cilium', 'plain'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

export const PATH_NORMALIZATIONS = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;
export type PathNormalization = (typeof PATH_NORMALIZATIONS)[number];

export const CANNOT_DECIDE = ['deny503', 'deny401', 'errorResponse', 'unavailable'] as const;
export type CannotDecide = (typeof CANNOT_DECIDE)[number];

/** How verdicts are reached and told on the listeners that name it; complete, defaults filled in. */
export interface AuthzProfile {
  readonly name: string;
  readonly kind: ProxyKind;
  readonly numTrustedProxies: number;
  readonly pathNormalization: PathNormalization;
  readonly trustCallMetadata: boolean;
  readonly trustXfcc: boolean;
  /** Keys under which Envoy's jwt_authn filter keeps payloads; the first that is there counts. */
  readonly jwtAuthnPayloads: readonly string[];
  /** `<namespace>/<name>` */
  readonly fallbackWorkload: string | undefined;
  readonly reasonHeader: boolean;
  readonly cannotDecide: CannotDecide;
  readonly waitMax: Duration;
}

const profileShape = z.strictObject({
  like: z
    .enum(PROXY_KINDS)
    .optional()
    .describe(
      'the kind of proxy this profile is for; a profile that is not named after a kind must say it, so that a misspelled name is seen',
    ),
  numTrustedProxies: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe(
      'how many proxies in front of this one are ours: `remoteIpBlocks` counts that many entries of X-Forwarded-For from the right; 0, because everything further left is written by the client',
    ),
  pathNormalization: z
    .enum(PATH_NORMALIZATIONS)
    .optional()
    .describe(
      'what the proxy does to paths before it asks; a path that this mode cannot produce is denied, since it was not normalised and could slip past a rule. NONE takes any path. Default: BASE, for `cilium` MERGE_SLASHES, for `plain` NONE',
    ),
  trustCallMetadata: z
    .boolean()
    .default(false)
    .describe(
      'believes the metadata of the gRPC call (`initial_metadata` of Envoy’s grpc_service): `x-sallyport-remote-address`, `x-sallyport-sni` and `x-sallyport-peer`, what Envoy knows and a Check has no field for; off, because who reaches the listener can write it. A waypoint that does not tell its callers has unknown ones',
    ),
  trustXfcc: z
    .boolean()
    .default(false)
    .describe(
      'takes the peer from x-forwarded-client-cert where the connection names none (waypoints); off, because a client can send that header unless the proxy replaces it',
    ),
  jwtAuthnPayloads: z
    .array(z.string().min(1).max(2048))
    .max(32)
    .prefault([])
    .describe(
      'believes what Envoy’s own jwt_authn filter verified: the keys (`payload_in_metadata`; `payload` in Istio) whose claims serve as those of a token where no RequestAuthentication found one; the first that is there counts. None, because it is Envoy’s configuration alone that then says whose tokens are good',
    ),
  fallbackWorkload: z
    .string()
    .refine(
      (text) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text),
      {
        message: 'not the name of a workload',
        params: { hint: 'write `<namespace>/<name>`, as in its WorkloadEntry' },
      },
    )
    .optional()
    .describe(
      'the workload that is meant when nothing in a request says which, as `<namespace>/<name>`; without it such requests are denied',
    ),
  reasonHeader: z
    .boolean()
    .default(true)
    .describe(
      'tells the client of a denied request a short code in `x-sallyport-reason`; it names no policy, rule or principal',
    ),
  cannotDecide: z
    .enum(CANNOT_DECIDE)
    .default('deny503')
    .describe(
      'the answer when there is no verdict (a key set never seen): `deny503` and `deny401` are denials on every Envoy; `errorResponse` (a denial with 403 before Envoy 1.37) and `unavailable` become an allow under `failure_mode_allow`, so they are warned of. docs/tokens.md has the table',
    ),
  waitMax: z
    .string()
    .transform(checkText(durationBetween('0s', '30s')))
    .prefault('1s')
    .describe(
      'how long a request may wait for a key set never seen; never longer than the deadline of the call, which by Envoy’s default is 200 ms',
    ),
});

const PROFILE_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** By profile name, the five kinds always among them. */
export const profilesOptions = z
  .record(z.string(), profileShape)
  .prefault({})
  .transform((profiles, report): ReadonlyMap<string, AuthzProfile> => completeProfiles(profiles, report))
  .describe('how verdicts are reached for a kind of proxy; a listener names its profile');

export type ProfilesOptions = z.infer<typeof profilesOptions>;

export const authzListenersOptions = z
  .array(
    z
      .strictObject({
        name: z
          .string()
          .refine((text) => PROFILE_NAME.test(text), {
            message: 'not a name for a listener',
            params: { hint: 'use lower-case letters, digits and dashes' },
          })
          .optional()
          .describe('names the listener in logs and metrics; `authz-1` and so on without it'),
        ...listenerShape,
        profile: z
          .string()
          .default('sidecar')
          .describe(
            'what kind of proxy asks here: `sidecar`, `gateway`, `waypoint`, `cilium`, `plain` or one of `profiles`',
          ),
      })
      .superRefine(checkListener),
  )
  .max(64)
  .prefault([])
  .transform((listeners) =>
    listeners.map((listener, index) => ({ ...listener, name: listener.name ?? `authz-${index + 1}` })),
  )
  .describe('where Envoy asks for verdicts (ext_authz)');

export type AuthzListenerOptions = z.infer<typeof authzListenersOptions>[number];

function completeProfiles(
  given: Readonly<Record<string, z.infer<typeof profileShape>>>,
  report: IssueReport,
): ReadonlyMap<string, AuthzProfile> {
  const profiles = new Map<string, AuthzProfile>();
  const names = new Set<string>([...PROXY_KINDS, ...Object.keys(given)]);
  for (const name of names) {
    const own = PROXY_KINDS.find((kind) => kind === name);
    const profile = given[name];
    const kind = profile?.like ?? own;
    if (kind === undefined || !PROFILE_NAME.test(name)) {
      report.addIssue(
        textIssue(
          'ERR_PROFILE',
          `\`${name.slice(0, 80)}\` is no kind of proxy`,
          `name it ${PROXY_KINDS.join(', ')}, or say with \`like\` which of them it resembles`,
          [name],
        ),
      );
    } else if (own !== undefined && kind !== own) {
      report.addIssue(
        textIssue(
          'ERR_PROFILE',
          `profile \`${name}\` cannot be like \`${kind}\``,
          'give the profile another name',
          [name, 'like'],
        ),
      );
    } else {
      profiles.set(name, completeProfile(name, kind, profile ?? profileShape.parse({})));
    }
  }
  return profiles;
}

function completeProfile(name: string, kind: ProxyKind, given: z.infer<typeof profileShape>): AuthzProfile {
  const { like: _, pathNormalization, fallbackWorkload, ...rest } = given;
  return {
    name,
    kind,
    ...rest,
    pathNormalization: pathNormalization ?? PATH_NORMALIZATION_OF_KIND[kind],
    fallbackWorkload,
  };
}

const PATH_NORMALIZATION_OF_KIND: Readonly<Record<ProxyKind, PathNormalization>> = {
  sidecar: 'BASE',
  gateway: 'BASE',
  waypoint: 'BASE',
  cilium: 'MERGE_SLASHES',
  plain: 'NONE',
};
