import { z } from 'zod';
import { LIMITS } from '../base/index.ts';
import { parseSpiffeId } from '../identity/index.ts';
import type { SallyportIssuer } from '../issuer/index.ts';
import { type Operation, operation } from './operation.ts';

const KEY_CHARS_MAX = 64 * 1024;
/** As `ca.jwtTtl`: whoever sees a token can use it. */
const JWT_TTL_SECONDS_MAX = 24 * 60 * 60;

/** Certificates on demand, for a key that stays with whoever asks, and tokens. */
export function mintOperations(
  issuer: Pick<SallyportIssuer, 'mintX509' | 'jwtSvid' | 'bundle'>,
): readonly Operation[] {
  const input = z.strictObject({
    spiffeId: z.string().max(2048),
    dnsNames: z.array(z.string().max(253)).max(100).default([]),
    ttlSeconds: z.number().min(1).max(LIMITS.svidTtlSeconds).optional(),
    /** DER in base64: a SubjectPublicKeyInfo, or a CSR. */
    publicKey: z.base64().max(KEY_CHARS_MAX).optional(),
    csr: z.base64().max(KEY_CHARS_MAX).optional(),
  });
  const jwtInput = z.strictObject({
    spiffeId: z.string().max(2048),
    audiences: z.array(z.string().min(1).max(LIMITS.audienceBytes)).min(1).max(LIMITS.audiences),
    ttlSeconds: z.number().min(1).max(JWT_TTL_SECONDS_MAX).optional(),
  });
  return [
    operation('mint.jwt', jwtInput, async ({ spiffeId, audiences, ttlSeconds }) => {
      const svid = await issuer.jwtSvid({ spiffeId: parseSpiffeId(spiffeId), audiences, ttlSeconds });
      return { ...svid, spiffeId: svid.spiffeId.uri };
    }),
    operation('mint.x509', input, async ({ spiffeId, dnsNames, ttlSeconds, publicKey, csr }) => {
      const minted = await issuer.mintX509({
        spiffeId: parseSpiffeId(spiffeId),
        dnsNames,
        ttlSeconds,
        ...(csr === undefined
          ? { publicKeyDer: Buffer.from(publicKey ?? '', 'base64') }
          : { csrDer: Buffer.from(csr, 'base64') }),
      });
      const { certificates, issuerKeyId, serial, notBeforeSeconds, notAfterSeconds } = minted;
      return {
        certificates: certificates.map((der) => Buffer.from(der).toString('base64')),
        bundle: issuer.bundle().x509Authorities.map((der) => Buffer.from(der).toString('base64')),
        issuerKeyId,
        serial,
        notBeforeSeconds,
        notAfterSeconds,
      };
    }),
  ];
}
