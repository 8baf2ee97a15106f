/** Where Sallyport refuses a policy file that Istio's webhook and CRD take. It never is the other way round. */
export interface PolicyDivergence {
  readonly id: string;
  readonly istio: string;
  readonly sallyport: string;
  readonly why: string;
}

/** Each row has a test of its id in `test/unit/policy/divergences.test.ts`; `docs/divergences.md` prints them. */
export const POLICY_DIVERGENCES: readonly PolicyDivergence[] = [
  {
    id: 'path-template',
    istio: 'takes the path templates `{*}`, `{**}`, `//{*}` and `/{*}//`',
    sallyport: 'refuses templates that do not begin with `/` or have empty segments',
    why: 'Envoy 1.40 ends itself when it is given one of them',
  },
  {
    id: 'control-character',
    istio: 'takes control characters in values',
    sallyport: 'refuses them',
    why: 'no request that reaches a rule can hold them, so it is a mistake, or somebody hides a value',
  },
  {
    id: 'ip-zone',
    istio: 'takes an address with a zone (`fe80::1%eth0`) in `ipBlocks`',
    sallyport: 'refuses it',
    why: 'Envoy compares addresses without their zones, so the rule would hold for other networks too',
  },
  {
    id: 'header-name',
    istio: 'takes any text as the name in `fromHeaders` and `outputPayloadToHeader`',
    sallyport: 'refuses what is no name of a header (RFC 9110, section 5.6.2), pseudo headers among them',
    why: 'the rule could never find, or never write, such a header',
  },
  {
    id: 'header-condition',
    istio: 'takes any text as the name in `request.headers[…]`',
    sallyport: 'refuses what is no name of a header',
    why: 'the condition could never hold, nor its negation fail',
  },
  {
    id: 'key-set-size',
    istio: 'takes inline key sets of any size',
    sallyport: 'refuses those over 1 MiB or 1,000 keys',
    why: 'work has a bound',
  },
  {
    id: 'key-set-null',
    istio: 'takes `{"keys": null}` as an inline key set',
    sallyport: 'refuses it, and takes `{"keys": []}`',
    why: 'the set was to be filled in and was not; without keys every token of the rule is refused',
  },
  {
    id: 'trust-domain-condition',
    istio: 'takes any text as a value of `source.trustDomain`, and checks it in `trustDomains` only',
    sallyport: 'checks both alike',
    why: 'no trust domain has a `/`, so the condition could never hold, nor its negation fail',
  },
  {
    id: 'empty-name',
    istio: 'takes an empty name in `request.auth.claims[a][]` and `experimental.envoy.filters.[k]`',
    sallyport: 'refuses it, as both do in `request.auth.claims[]`',
    why: 'a name is missing, and nothing that a request holds is meant by none',
  },
  {
    id: 'empty-value',
    istio: 'takes an empty text in `spaceDelimitedClaims`, and `[]` as a value of an `experimental.` key',
    sallyport: 'refuses them, as both do an empty text elsewhere',
    why: 'a value is missing',
  },
];
