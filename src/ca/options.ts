import { z } from 'zod';
import { checkText, durationBetween, SallyportError, textIssue } from '../base/index.ts';
import { ttlPlanProblems } from './ttl-plan.ts';

export const CA_KEY_TYPES = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type CaKeyType = (typeof CA_KEY_TYPES)[number];

const ISSUER_CHARS_MAX = 1024;

export const caOptions = z
  .strictObject({
    keyType: z
      .enum(CA_KEY_TYPES)
      .default('ec-p256')
      .describe(
        'keys of the CA and of the certificates it issues; P-256, because every TLS stack knows it and it signs fastest',
      ),
    rootTtl: z
      .string()
      .transform(checkText(durationBetween('1h', '30y')))
      .prefault('10y')
      .describe('how long the root is valid; long, because its end means handing out new trust to everybody'),
    caTtl: z
      .string()
      .transform(checkText(durationBetween('1m', '10y')))
      .prefault('24h')
      .describe(
        'how long an intermediate is valid; it signs the certificates and is replaced on its own, so it can be short',
      ),
    svidTtl: z
      .string()
      .transform(checkText(durationBetween('5s', '1y')))
      .prefault('1h')
      .describe(
        'how long an issued certificate is valid when its entry says nothing; short, because a stolen one cannot be called back from every verifier',
      ),
    jwtTtl: z
      .string()
      .transform(checkText(durationBetween('5s', '1d')))
      .optional()
      .describe(
        'how long an issued JWT-SVID is valid when its entry says nothing; without it 5m, or a sixth of `caTtl` where that is less. Short, because whoever sees a token can use it',
      ),
    jwtIssuer: z
      .string()
      .transform(checkText(parseJwtIssuer))
      .optional()
      .describe(
        'the `iss` of every JWT-SVID and the `issuer` of the OIDC discovery document: the https URL under which `listeners.public` is reached from outside; without it tokens have no `iss`, and there is no discovery document',
      ),
    backdate: z
      .string()
      .transform(checkText(durationBetween('0s', '5m')))
      .prefault('10s')
      .describe('how far in the past validity starts, for verifiers whose clock is slow'),
    passphraseFile: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        'a file, readable by its owner only, whose first line encrypts the CA keys in the state folder; new keys are written encrypted, old ones are read as they are',
      ),
    keepIssued: z
      .string()
      .transform(checkText(durationBetween('1m', '1y')))
      .prefault('24h')
      .describe(
        'how long the inventory remembers a certificate after its end; long enough to look into what happened, short enough to stay small',
      ),
    crlTtl: z
      .string()
      .transform(checkText(durationBetween('1m', '30d')))
      .prefault('24h')
      .describe(
        'how long a revocation list is good for, where a listener of `listeners.agents` asks for them; signed again at half of it, because verifiers refuse everybody once it has ended',
      ),
    upstream: z
      .strictObject({
        cacerts: z
          .string()
          .min(1)
          .max(4096)
          .describe(
            'folder with `ca-cert.pem`, `ca-key.pem` (readable by its owner only), `cert-chain.pem` and `root-cert.pem`; watched, a new CA under the same root signs at once',
          ),
        siblings: z
          .array(z.string().min(1).max(4096))
          .max(100)
          .prefault([])
          .describe(
            'files with CA certificates (PEM) of other Sallyports under the same roots: identities that they issue are believed by verdicts here, which see a leaf without its chain',
          ),
      })
      .optional()
      .describe(
        'a CA that comes from above, in the layout of Istio’s `cacerts`, in place of a root of our own; several Sallyports, or istiod, may stand under one root',
      ),
    autoRoot: z
      .boolean()
      .default(false)
      .describe(
        'replace a root that is past its end at start; for labs, because every peer has to be given the new one',
      ),
  })
  .superRefine((ca, report) => {
    for (const problem of ttlPlanProblems({
      rootTtlSeconds: ca.rootTtl.seconds,
      caTtlSeconds: ca.caTtl.seconds,
      svidTtls: [
        { name: 'svidTtl', seconds: ca.svidTtl.seconds },
        ...(ca.jwtTtl === undefined ? [] : [{ name: 'jwtTtl', seconds: ca.jwtTtl.seconds }]),
      ],
    })) {
      report.addIssue(textIssue('ERR_CA_TTL', problem.message, problem.hint, [problem.setting]));
    }
  })
  .prefault({})
  .describe('the certificate authority and what it issues');

export type CaOptions = z.infer<typeof caOptions>;

/** As OpenID Connect Discovery, section 3, wants it; in the one form that a comparison of texts can find. */
function parseJwtIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined &&
    url.protocol === 'https:' &&
    text.length <= ISSUER_CHARS_MAX &&
    text === `${url.origin}${url.pathname === '/' ? '' : url.pathname}` &&
    /^(?:\/[\w.~-]+)*$/.test(url.pathname === '/' ? '' : url.pathname);
  if (!isPlain) {
    throw new SallyportError(
      'ERR_CA_JWT_ISSUER',
      `\`${text.slice(0, 200)}\` cannot be the issuer of tokens`,
      {
        hint: 'write an https URL without user, query, fragment or a slash at its end, such as `https://id.example.org`',
      },
    );
  }
  return text;
}
