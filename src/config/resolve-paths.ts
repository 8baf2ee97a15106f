import { resolve } from 'node:path';
import type { ListenAddress } from '../base/index.ts';
import type { Settings } from './settings.ts';

/** Makes every path in the settings absolute, seen from `folder`. */
export function resolvePaths(settings: Partial<Settings>, folder: string): Partial<Settings> {
  const { attestation, ca, stateDir, policies, workloads, entries, listeners, keys, secrets } = settings;
  const absolute = (path: string) => resolve(folder, path);
  const listening = <T extends { readonly address: ListenAddress }>(listener: T): T => ({
    ...listener,
    address: resolveAddress(listener.address, absolute),
  });
  return {
    ...settings,
    ...(stateDir === undefined ? {} : { stateDir: absolute(stateDir) }),
    ...(attestation?.docker === undefined
      ? {}
      : { attestation: { docker: { socket: absolute(attestation.docker.socket) } } }),
    ...(ca === undefined ? {} : { ca: absoluteCa(ca, absolute) }),
    ...(secrets === undefined
      ? {}
      : { secrets: secrets.map((one) => ({ ...one, file: absolute(one.file) })) }),
    ...(policies === undefined ? {} : { policies: policies.map(absolute) }),
    ...(workloads === undefined ? {} : { workloads: workloads.map(absolute) }),
    ...(entries === undefined ? {} : { entries: entries.map(absolute) }),
    ...(keys === undefined
      ? {}
      : { keys: { ...keys, caFiles: keys.caFiles.map((ca) => ({ ...ca, file: absolute(ca.file) })) } }),
    ...(settings.extensionProviders === undefined
      ? {}
      : { extensionProviders: settings.extensionProviders.map((one) => withCaFile(one, absolute)) }),
    ...(listeners === undefined
      ? {}
      : {
          listeners: {
            ...listeners,
            authz: listeners.authz.map(listening),
            agents: listeners.agents.map(listening),
            ...(listeners.public === undefined
              ? {}
              : {
                  public: absoluteFiles(listeners.public, ['certificateFile', 'keyFile'], absolute),
                }),
          },
        }),
  };
}

type ProviderOptions = Settings['extensionProviders'][number];

function withCaFile(provider: ProviderOptions, absolute: (path: string) => string): ProviderOptions {
  const { envoyExtAuthzGrpc: overGrpc, envoyExtAuthzHttp: overHttp } = provider;
  const resolved = <T extends NonNullable<typeof overGrpc>>(service: T): T => {
    const caFile = service.tls?.caFile;
    return caFile === undefined ? service : { ...service, tls: { ...service.tls, caFile: absolute(caFile) } };
  };
  return {
    ...provider,
    ...(overGrpc === undefined ? {} : { envoyExtAuthzGrpc: resolved(overGrpc) }),
    ...(overHttp === undefined ? {} : { envoyExtAuthzHttp: resolved(overHttp) }),
  };
}

function resolveAddress(address: ListenAddress, absolute: (path: string) => string): ListenAddress {
  return address.kind === 'unix' ? { kind: 'unix', path: absolute(address.path) } : address;
}

function absoluteCa(ca: Settings['ca'], absolute: (path: string) => string): Settings['ca'] {
  const { upstream } = ca;
  return {
    ...absoluteFiles(ca, ['passphraseFile'], absolute),
    ...(upstream === undefined
      ? {}
      : {
          upstream: { cacerts: absolute(upstream.cacerts), siblings: upstream.siblings.map(absolute) },
        }),
  };
}

/** Those of the named members that are there, made absolute. */
function absoluteFiles<T extends object, K extends keyof T>(
  options: T,
  keys: readonly K[],
  absolute: (path: string) => string,
): T {
  const files = keys.flatMap((key) => {
    const path = options[key];
    return typeof path === 'string' ? [[key, absolute(path)] as const] : [];
  });
  return { ...options, ...Object.fromEntries(files) };
}
