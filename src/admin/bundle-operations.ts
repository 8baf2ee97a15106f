import { z } from 'zod';
import type { TrustBundle } from '../identity/index.ts';
import { type Operation, operation } from './operation.ts';

/** The trust bundle as it is published now, in base64. */
export function bundleOperations(bundle: () => TrustBundle): readonly Operation[] {
  return [
    operation('bundle.show', z.unknown(), () => {
      const { trustDomain, x509Authorities, jwtAuthorities, sequence, refreshHintSeconds } = bundle();
      return {
        trustDomain,
        sequence,
        refreshHintSeconds,
        x509Authorities: x509Authorities.map((der) => Buffer.from(der).toString('base64')),
        jwtAuthorities,
      };
    }),
  ];
}
