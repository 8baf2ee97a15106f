import { z } from 'zod';
import { checkText, durationBetween, parseDuration, SallyportError, textIssue } from '../base/index.ts';
import { parseSpiffeId } from '../identity/index.ts';
import { parseDnsName } from './dns-name.ts';
import { parseSelector } from './selectors.ts';

const VALUES_MAX = 100;

const ttl = z.string().transform(checkText(parseTtl)).optional();

const notBuilt = (name: string, isOff: (value: unknown) => boolean) =>
  z.unknown().superRefine((value, context) => {
    if (value !== undefined && !isOff(value)) {
      context.addIssue(
        textIssue('ERR_ENTRY_UNSUPPORTED', `\`${name}\` is not supported yet`, 'take it out of the entry'),
      );
    }
  });

const isFalse = (value: unknown) => value === false;
const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

/** `spire.spiffe.io/v1alpha1` ClusterStaticEntry as a whole object; its head was checked by `manifest`. */
export const staticEntrySchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.unknown(),
  spec: z.strictObject({
    spiffeID: z.string().transform(checkText(parseSpiffeId)),
    selectors: distinct(
      z.string().max(4096).transform(checkText(parseSelector)),
      'ERR_ENTRY_SELECTOR',
      'selector',
    ).min(1),
    x509SVIDTTL: ttl,
    jwtSVIDTTL: ttl,
    dnsNames: distinct(z.string().transform(checkText(parseDnsName)), 'ERR_ENTRY_DNS_NAME', 'name').default(
      [],
    ),
    hint: z.string().max(1024).default(''),
    // SPIRE's tree of nodes and the choice among controllers: nothing here hangs on them.
    parentID: z.string().optional(),
    className: z.string().optional(),
    admin: notBuilt('admin', isFalse).optional(),
    downstream: notBuilt('downstream', isFalse).optional(),
    storeSVID: notBuilt('storeSVID', isFalse).optional(),
    federatesWith: notBuilt('federatesWith', isEmptyList).optional(),
  }),
  status: z.unknown().optional(),
});

/** A list in which nothing stands twice: the second is most likely meant to be something else. */
function distinct(
  item: z.ZodType<string, string>,
  code: 'ERR_ENTRY_SELECTOR' | 'ERR_ENTRY_DNS_NAME',
  what: string,
) {
  return z
    .array(item)
    .max(VALUES_MAX)
    .superRefine((values, context) => {
      for (const [index, value] of values.entries()) {
        if (values.indexOf(value) < index) {
          context.addIssue(textIssue(code, `the same ${what} stands twice`, 'remove one of them', [index]));
        }
      }
    });
}

const readTtl = durationBetween('5s', '1y');

/** Whole seconds; `0s` means the default, as in SPIRE. */
function parseTtl(text: string): number | undefined {
  if (parseDuration(text).millis === 0) {
    return undefined;
  }
  const { seconds } = readTtl(text);
  if (!Number.isInteger(seconds)) {
    throw new SallyportError('ERR_DURATION', `\`${text}\` is not a number of whole seconds`, {
      hint: 'leave the fraction out',
    });
  }
  return seconds;
}
