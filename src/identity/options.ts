import { z } from 'zod';
import { checkText } from '../base/index.ts';
import { parseTrustDomain, type TrustDomain } from './trust-domain.ts';

export const trustDomainOption = z
  .string()
  .transform(checkText((text: string): TrustDomain => parseTrustDomain(text)))
  .describe(
    'the name under which Sallyport issues identities; every SPIFFE ID it makes starts with `spiffe://<trustDomain>/`, so changing it changes them all',
  );

export const trustDomainAliasesOption = z
  .array(z.string().transform(checkText((text: string): TrustDomain => parseTrustDomain(text))))
  .max(100)
  .prefault([])
  .describe(
    'earlier or sister names of the trust domain: principals in policies that name one of them mean all of them, as in Istio, so a mesh can be renamed without rewriting its policies',
  );
