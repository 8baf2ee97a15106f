import { z } from 'zod';
import { checkText, durationBetween, type IssueReport, LIMITS, textIssue } from '../base/index.ts';
import { HEADER_NAME, parseHeaderPattern } from './header-pattern.ts';

const bodyShape = z.strictObject({
  maxRequestBytes: z
    .int()
    .min(1)
    .max(LIMITS.checkRequestBytes)
    .describe('how much of the body the provider sees; Envoy has to send Sallyport at least as much'),
  allowPartialMessage: z
    .boolean()
    .default(false)
    .describe(
      'sends the beginning of a longer body, with `x-envoy-auth-partial-body: true`; without it a longer body is denied with 413',
    ),
  packAsBytes: z
    .boolean()
    .default(false)
    .describe('sends the body as bytes (`raw_body`) instead of text; over HTTP it always is'),
});

const sharedShape = {
  service: z
    .string()
    .regex(
      /^(?:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/)?[A-Za-z0-9:]([A-Za-z0-9.:_-]{0,251}[A-Za-z0-9:])?$/,
      'not a host name or IP address',
    )
    .describe(
      'host name or IP address; the `<namespace>/` that Istio lets stand before a name plays no part, since names are looked up in DNS',
    ),
  port: z.int().min(1).max(65_535).describe('where the service listens'),
  tls: z
    .strictObject({
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe('certificates (PEM) that sign for the service, in place of the usual ones'),
      serverName: z
        .string()
        .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'not a host name')
        .optional()
        .describe('the name that its certificate must have, where that is not `service`'),
    })
    .optional()
    .describe('speaks TLS with the service; without it, keep it on a network that nobody else writes to'),
  timeout: z
    .string()
    .transform(checkText(durationBetween('1ms', '10m')))
    .prefault('5s')
    .describe(
      'how long one answer may take; never longer than the deadline of the call from Envoy, which is 200 ms unless its `timeout` says otherwise',
    ),
  failOpen: z
    .boolean()
    .default(false)
    .describe(
      'lets requests pass while the service cannot be reached, does not answer in time, or says that it has no verdict; off, because whoever can stop it could then go anywhere',
    ),
  statusOnError: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{3}$/, 'not a status')
        .transform(Number),
    ])
    .pipe(z.int().min(400).max(599))
    .prefault(403)
    .describe('the HTTP status of a request that is denied because there was no answer, from 400 to 599'),
  includeRequestBodyInCheck: bodyShape
    .optional()
    .describe('lets the service see request bodies, as far as Envoy sends them (`with_request_body`)'),
};

const headerPatterns = z
  .array(z.string().transform(checkText(parseHeaderPattern)))
  .max(LIMITS.providerReplyHeaders);

const headerNames = 'each exact, or with a `*` at its start or end';

const httpShape = z.strictObject({
  ...sharedShape,
  pathPrefix: z
    .string()
    .max(2048)
    .regex(/^\/[!-~]*$/, 'not a path')
    .optional()
    .describe('stands before the path of the request in what the service is asked'),
  includeRequestHeadersInCheck: headerPatterns
    .prefault([])
    .describe(
      `request headers that the service sees beside method, path, Host, Content-Length and Authorization; ${headerNames}`,
    ),
  includeAdditionalHeadersInCheck: z
    .record(
      z.string().regex(HEADER_NAME, 'not a header name'),
      z
        .string()
        .max(8192)
        .regex(/^[\t -~]*$/),
    )
    .prefault({})
    .describe('headers with fixed values that go along; they take the place of those of the request'),
  headersToUpstreamOnAllow: headerPatterns
    .prefault([])
    .describe(`headers of an answer with 200 that are set on the request; ${headerNames}`),
  headersToDownstreamOnAllow: headerPatterns
    .prefault([])
    .describe(
      `headers of an answer with 200 that the client sees beside those of the workload; ${headerNames}`,
    ),
  headersToDownstreamOnDeny: headerPatterns
    .optional()
    .describe(`headers of any other answer that the client sees, all without it; ${headerNames}`),
});

const providerShape = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'not the name of a provider')
      .describe('what CUSTOM policies write in `provider.name`'),
    envoyExtAuthzGrpc: z
      .strictObject(sharedShape)
      .optional()
      .describe('a service that speaks Envoy’s ext_authz (v3) over gRPC'),
    envoyExtAuthzHttp: httpShape
      .optional()
      .describe(
        'a service that is asked by an HTTP request like the one it judges: 200 allows, 5xx is no verdict, the rest denies',
      ),
  })
  .superRefine((provider, report) => {
    if ((provider.envoyExtAuthzGrpc === undefined) === (provider.envoyExtAuthzHttp === undefined)) {
      report.addIssue(
        textIssue(
          'ERR_PROVIDER_OPTIONS',
          `provider \`${provider.name.slice(0, 80)}\` needs one protocol`,
          'give it either `envoyExtAuthzGrpc` or `envoyExtAuthzHttp`',
        ),
      );
    }
  });

/** As in Istio's MeshConfig. */
export const extensionProvidersOption = z
  .array(providerShape)
  .max(LIMITS.extensionProviders)
  .prefault([])
  .superRefine(checkNames)
  .describe('services that AuthorizationPolicy with action CUSTOM may ask, as in Istio’s mesh configuration');

export type ExtensionProviderOptions = z.infer<typeof providerShape>;
export type SharedProviderOptions = z.infer<z.ZodObject<typeof sharedShape>>;
export type HttpProviderOptions = z.infer<typeof httpShape>;

function checkNames(providers: readonly ExtensionProviderOptions[], report: IssueReport): void {
  const seen = new Set<string>();
  for (const [index, { name }] of providers.entries()) {
    if (seen.has(name)) {
      report.addIssue(
        textIssue('ERR_PROVIDER_OPTIONS', `another provider is named \`${name}\``, 'give it another name', [
          index,
          'name',
        ]),
      );
    }
    seen.add(name);
  }
}
