import { SallyportError } from '../base/index.ts';

/** The releases of Envoy that configuration is written for. */
export const ENVOY_VERSIONS = ['1.36', '1.37', '1.38', '1.39', '1.40'] as const;

export type EnvoyVersion = (typeof ENVOY_VERSIONS)[number];

export const DEFAULT_ENVOY_VERSION: EnvoyVersion = '1.40';

/**
 * Where releases differ in what we write or expect: the first release that has each of these. Read from
 * the release notes, and tried on 1.36.4 and 1.40.0.
 */
const FEATURES = {
  /** The network filter sends `metadata_context`. */
  networkMetadataContext: '1.37',
} as const satisfies Readonly<Record<string, EnvoyVersion>>;

export type EnvoyFeature = keyof typeof FEATURES;

export function envoyHas(version: EnvoyVersion, feature: EnvoyFeature): boolean {
  return ENVOY_VERSIONS.indexOf(version) >= ENVOY_VERSIONS.indexOf(FEATURES[feature]);
}

/** Reads `1.36`, `v1.36` or `1.36.4`. Throws `ERR_ENVOY_VERSION`. */
export function parseEnvoyVersion(text: string): EnvoyVersion {
  const minor = /^v?(\d+\.\d+)(?:\.\d+)?$/.exec(text)?.[1];
  const version = ENVOY_VERSIONS.find((known) => known === minor);
  if (version === undefined) {
    throw new SallyportError('ERR_ENVOY_VERSION', `\`${text}\` is no Envoy version that is known here`, {
      hint: `known are ${ENVOY_VERSIONS.join(', ')}`,
    });
  }
  return version;
}
