import { describe, expect, it } from 'vitest';
import { errorCodeOf } from '../../../src/base/index.ts';
import { ENVOY_VERSIONS, envoyHas, parseEnvoyVersion } from '../../../src/envoy/index.ts';

describe('parseEnvoyVersion', () => {
  it.each([
    ['1.36', '1.36'],
    ['v1.40.0', '1.40'],
    ['1.38.3', '1.38'],
  ])('reads %s as %s', (text, version) => {
    expect(parseEnvoyVersion(text)).toBe(version);
  });

  it.each(['', '1', '1.35', '1.41', '2.36', '1.36.x', '1.4', 'latest', '1.36 '])('refuses `%s`', (text) => {
    let code = 'accepted';
    try {
      parseEnvoyVersion(text);
    } catch (error) {
      code = errorCodeOf(error);
    }
    expect(code).toBe('ERR_ENVOY_VERSION');
  });
});

describe('envoyHas', () => {
  it('knows the first release of a feature', () => {
    expect(ENVOY_VERSIONS.filter((version) => envoyHas(version, 'networkMetadataContext'))).toEqual([
      '1.37',
      '1.38',
      '1.39',
      '1.40',
    ]);
  });
});
