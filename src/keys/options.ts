import { z } from 'zod';
import {
  checkText,
  durationBetween,
  type IpRange,
  parseIpRange,
  SallyportError,
  textIssue,
} from '../base/index.ts';
import { TOKEN_ALGORITHMS } from '../jwt/index.ts';

export const keysOptions = z
  .strictObject({
    allowHttp: z
      .boolean()
      .default(false)
      .describe(
        'fetches key sets over plain `http` too; off, because whoever can change the answer can sign tokens',
      ),
    allowCidrs: z
      .array(z.string().transform(checkText(parseAllowedRange)))
      .max(1000)
      .prefault([])
      .describe(
        'private, loopback, link-local and metadata addresses that key sets may be fetched from; none, because a policy author could otherwise make Sallyport call inner services',
      ),
    refreshDefault: z
      .string()
      .transform(checkText(durationBetween('1s', '24h')))
      .prefault('5m')
      .describe('how often a key set is fetched again when the answer names no time'),
    refreshMin: z
      .string()
      .transform(checkText(durationBetween('1s', '24h')))
      .prefault('30s')
      .describe(
        'a `Cache-Control` below this is raised to it, so that no answer makes Sallyport storm a key server',
      ),
    refreshMax: z
      .string()
      .transform(checkText(durationBetween('1s', '24h')))
      .prefault('1h')
      .describe(
        'a `Cache-Control` above this is cut to it, so that a key that was withdrawn is not believed for long',
      ),
    unknownKeyCooldown: z
      .string()
      .transform(checkText(durationBetween('1s', '1h')))
      .prefault('10s')
      .describe('the shortest time between two fetches that tokens with unknown keys bring about'),
    maxAge: z
      .string()
      .transform(checkText(durationBetween('1m', '30d')))
      .prefault('24h')
      .describe('how long the last good keys serve while their server fails; longer survives longer outages'),
    timeout: z
      .string()
      .transform(checkText(durationBetween('100ms', '1m')))
      .prefault('5s')
      .describe('how long one fetch may take, when its rule says nothing'),
    rsaBitsMin: z
      .int()
      .min(1024)
      .max(16_384)
      .default(2048)
      .describe(
        'RSA keys below this size are left out of every key set; 2048 is the least that is safe today',
      ),
    caFiles: z
      .array(
        z.strictObject({
          origin: z
            .string()
            .transform(checkText(parseOrigin))
            .describe('scheme, host and port as in the URL of the key set: `https://id.example.org`'),
          file: z
            .string()
            .min(1)
            .describe('certificates (PEM) that sign for this server, in place of the usual ones'),
        }),
      )
      .max(1000)
      .prefault([])
      .describe('key servers whose certificates come from a CA of their own'),
    algorithms: z
      .record(z.string().min(1).max(2048), z.array(z.enum(TOKEN_ALGORITHMS)).min(1).max(32))
      .prefault({})
      .transform((byIssuer): ReadonlyMap<string, readonly string[]> => new Map(Object.entries(byIssuer)))
      .describe(
        'by issuer, the signature algorithms its tokens may use, such as `[ES256]`; a token by another one is refused before its signature is looked at. It holds for rules that name the issuer; issuers not listed may use all that Envoy knows',
      ),
    persist: z
      .boolean()
      .default(false)
      .describe(
        'keeps the last good keys in the state folder, so that a restart while their server is away still serves',
      ),
  })
  .superRefine((keys, report) => {
    const ordered = [keys.refreshMin, keys.refreshDefault, keys.refreshMax, keys.maxAge].map(
      ({ millis }) => millis,
    );
    if (ordered.some((millis, index) => index > 0 && millis < (ordered[index - 1] ?? 0))) {
      report.addIssue(
        textIssue(
          'ERR_KEYS_REFRESH',
          'the times of key sets contradict each other',
          'keep `refreshMin` <= `refreshDefault` <= `refreshMax` <= `maxAge`',
        ),
      );
    }
  })
  .prefault({})
  .describe('how the key sets of token issuers (JWKS) are fetched and kept');

export type KeysOptions = z.infer<typeof keysOptions>;

function parseAllowedRange(text: string): IpRange {
  const range = parseIpRange(text);
  if (range === undefined) {
    throw new SallyportError('ERR_KEYS_CIDR', `\`${text.slice(0, 80)}\` is not an address range`, {
      hint: 'write `10.0.0.0/8`, `127.0.0.1` or `fd00::/8`',
    });
  }
  return range;
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || `${url.origin}/` !== url.href) {
    throw new SallyportError(
      'ERR_KEYS_ORIGIN',
      `\`${text.slice(0, 80)}\` is not the origin of an https URL`,
      {
        hint: 'write `https://id.example.org`, with a port if it is not 443',
      },
    );
  }
  return url.origin;
}
