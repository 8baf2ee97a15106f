import {
  checkUnixPath,
  type Diagnostic,
  formatListenAddress,
  type ListenAddress,
  SallyportError,
} from '../base/index.ts';
import { diagnosticAt, nearestWord, type ValuePath, type YamlDocument } from '../manifest/index.ts';
import type { Settings } from './settings.ts';

/**
 * The checks between members that no room can make alone. Members that are missing from `settings`
 * have problems of their own, and what would look at them is left out.
 */
export function crossCheck(document: YamlDocument, settings: Partial<Settings>): readonly Diagnostic[] {
  return [
    ...checkProfiles(document, settings),
    ...warnOfOpenings(document, settings),
    ...checkListeners(document, settings),
    ...checkAllowedIds(document, settings),
    ...checkPolicies(document, settings),
    ...checkCrls(document, settings),
  ];
}

function checkProfiles(document: YamlDocument, { listeners, profiles }: Partial<Settings>): Diagnostic[] {
  if (listeners === undefined || profiles === undefined) {
    return [];
  }
  const names = [...profiles.keys()];
  return listeners.authz.flatMap((listener, index) => {
    if (profiles.has(listener.profile)) {
      return [];
    }
    const near = nearestWord(listener.profile, names);
    return [
      diagnosticAt(document, ['listeners', 'authz', index, 'profile'], {
        code: 'ERR_PROFILE',
        message: `there is no profile \`${listener.profile.slice(0, 80)}\``,
        hint: near === undefined ? `known here: ${names.join(', ')}` : `did you mean \`${near}\`?`,
      }),
    ];
  });
}

/** Tried on Envoy 1.36 and 1.40: `test/envoy/cannot-decide.test.ts`. */
const OPENINGS: Readonly<Record<string, string>> = {
  unavailable: 'on every Envoy',
  errorResponse: 'from Envoy 1.37 on; older ones deny with 403',
};

/** Without a verdict these two leave it to the proxy whether a request passes. */
function warnOfOpenings(document: YamlDocument, { profiles }: Partial<Settings>): Diagnostic[] {
  return [...(profiles ?? [])].flatMap(([name, { cannotDecide }]) => {
    const where = OPENINGS[cannotDecide];
    return where === undefined
      ? []
      : [
          diagnosticAt(document, ['profiles', name, 'cannotDecide'], {
            code: 'ERR_LINT_CANNOT_DECIDE',
            severity: 'warning',
            message: `where a filter has \`failure_mode_allow\`, \`${cannotDecide}\` lets requests without a verdict pass (${where})`,
            hint: 'keep `failure_mode_allow: false`, or use `deny503`, which no Envoy turns into an allow',
          }),
        ];
  });
}

interface Place {
  readonly path: ValuePath;
  readonly name: string | undefined;
  readonly address: ListenAddress;
}

function checkListeners(document: YamlDocument, { listeners }: Partial<Settings>): Diagnostic[] {
  if (listeners === undefined) {
    return [];
  }
  const { authz, agents, admin, public: open } = listeners;
  if (authz.length === 0 && agents.length === 0) {
    return [
      diagnosticAt(document, ['listeners'], {
        code: 'ERR_CONFIG_NO_LISTENER',
        message: 'no listener for verdicts or certificates, so there is nothing to do',
        hint: 'add `listeners.authz`, `listeners.agents` or both',
      }),
    ];
  }
  const places: readonly Place[] = [
    ...authz.map((listener, index) => ({ ...listener, path: ['listeners', 'authz', index] })),
    ...agents.map((listener, index) => ({ ...listener, path: ['listeners', 'agents', index] })),
    { name: undefined, address: admin.address, path: ['listeners', 'admin'] },
    ...(open === undefined
      ? []
      : [{ name: undefined, address: open.address, path: ['listeners', 'public'] }]),
  ];
  return [
    ...places.flatMap((place) => tooLong(document, place)),
    ...twice(document, places, 'address', ({ address }) => addressKey(address)),
    ...twice(document, places, 'name', ({ name }) => name),
  ];
}

/** A relative path was short enough as written; resolved, it may no longer be. */
function tooLong(document: YamlDocument, { path, address }: Place): readonly Diagnostic[] {
  if (address.kind === 'tcp') {
    return [];
  }
  try {
    checkUnixPath(address.path);
    return [];
  } catch (error) {
    if (!(error instanceof SallyportError)) {
      throw error;
    }
    const { code, message, hint } = error;
    return [
      diagnosticAt(document, [...path, 'address'], {
        code,
        message,
        ...(hint === undefined ? {} : { hint }),
      }),
    ];
  }
}

/** Port 0 is another port each time. */
function addressKey(address: ListenAddress): string | undefined {
  return address.kind === 'tcp' && address.port === 0 ? undefined : formatListenAddress(address);
}

function twice(
  document: YamlDocument,
  places: readonly Place[],
  key: 'address' | 'name',
  keyOf: (place: Place) => string | undefined,
): readonly Diagnostic[] {
  const seen = new Set<string>();
  return places.flatMap((place) => {
    const value = keyOf(place);
    if (value === undefined || !seen.has(value)) {
      if (value !== undefined) {
        seen.add(value);
      }
      return [];
    }
    return [
      diagnosticAt(document, [...place.path, key], {
        code: 'ERR_CONFIG_LISTENER_TWICE',
        message: `another listener has the ${key} \`${value}\` already`,
        hint: `give each listener ${key === 'name' ? 'a name' : 'an address'} of its own`,
      }),
    ];
  });
}

/** Certificates of other trust domains are not verified, so such a client could never get in. */
function checkAllowedIds(document: YamlDocument, settings: Partial<Settings>): readonly Diagnostic[] {
  const { listeners, trustDomain } = settings;
  if (listeners === undefined || trustDomain === undefined) {
    return [];
  }
  return (['authz', 'agents'] as const).flatMap((kind) =>
    listeners[kind].flatMap(({ allowedSpiffeIds = [] }, index) =>
      allowedSpiffeIds.flatMap((id, position) =>
        id.startsWith(`spiffe://${trustDomain}/`)
          ? []
          : [
              diagnosticAt(document, ['listeners', kind, index, 'allowedSpiffeIds', position], {
                code: 'ERR_LISTENER_OPTIONS',
                message: `\`${id}\` is outside the trust domain \`${trustDomain}\``,
                hint: `write an ID that starts with \`spiffe://${trustDomain}/\``,
              }),
            ],
      ),
    ),
  );
}

/** Keys of CAs that were replaced are gone with their files, and a list that ends refuses everybody. */
function checkCrls(document: YamlDocument, { listeners, ca }: Partial<Settings>): readonly Diagnostic[] {
  const agents = ca?.upstream === undefined ? [] : (listeners?.agents ?? []);
  return agents.flatMap(({ crl }, index) =>
    crl
      ? [
          diagnosticAt(document, ['listeners', 'agents', index, 'crl'], {
            code: 'ERR_LISTENER_OPTIONS',
            message: 'revocation lists cannot be kept good for a CA that comes from above',
            hint: 'leave `crl` out, or `ca.upstream`',
          }),
        ]
      : [],
  );
}

function checkPolicies(document: YamlDocument, settings: Partial<Settings>): readonly Diagnostic[] {
  const { listeners, policies, allowNoPolicies } = settings;
  const isNeeded = (listeners?.authz.length ?? 0) > 0;
  if (!isNeeded || allowNoPolicies !== false || policies === undefined || policies.length > 0) {
    return [];
  }
  return [
    diagnosticAt(document, ['policies'], {
      code: 'ERR_CONFIG_NO_POLICIES',
      message: 'no folder with policies, and without policies every request would be allowed',
      hint: 'add `policies: [./policies]`, or say `allowNoPolicies: true`',
    }),
  ];
}
