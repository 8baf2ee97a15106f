/** Where Sallyport denies a request that Istio's own filters would judge by policies. It never is the other way round. */
export interface RequestDivergence {
  readonly id: string;
  readonly istio: string;
  readonly sallyport: string;
  readonly why: string;
}

/** Each row has a test of its id in `test/unit/authz/divergences.test.ts`. */
export const REQUEST_DIVERGENCES: readonly RequestDivergence[] = [
  {
    id: 'destination',
    istio: 'knows the workload, since its filters run in its own proxy',
    sallyport: 'denies when the request does not say for certain which workload is meant',
    why: 'policies of another workload would judge',
  },
  {
    id: 'path-form',
    istio: 'matches whatever path its proxy normalised',
    sallyport: 'denies a path that the normalisation of the profile cannot have produced',
    why: 'the proxy did not normalise, and the workload may read another path',
  },
  {
    id: 'dot-parameter',
    istio: 'Envoy up to 1.36 leaves `/..;x/` as it is and matches it',
    sallyport: 'denies it unless the profile says NONE',
    why: 'some servers, and Envoy 1.40, take it for a dot segment',
  },
  {
    id: 'uri-names',
    istio: 'matches a principal against each of several URI names of a certificate',
    sallyport:
      'denies a peer with several, where Envoy sends the certificate or its names; a Check without either carries the first name alone, and rules see no other',
    why: 'an X.509-SVID has exactly one',
  },
  {
    id: 'spiffe-id',
    istio: 'compares names that begin with `spiffe://` as text',
    sallyport: 'denies a peer whose name is not a SPIFFE ID by its grammar',
    why: 'prefixes and suffixes of such names can be forged',
  },
  {
    id: 'two-readings',
    istio: 'has one reading of a request',
    sallyport:
      'denies a CheckRequest whose headers come in both encodings, or differ from the fields beside them',
    why: 'no Envoy sends it, so somebody else does',
  },
  {
    id: 'utf8',
    istio: 'compares the bytes of method, path and host',
    sallyport: 'denies a request in which they are not UTF-8',
    why: 'a policy cannot name such bytes',
  },
  {
    id: 'query-spelling',
    istio:
      'writes the other query parameters decoded when it takes a token out of the query (`a=%2F` to `a=/`)',
    sallyport: 'leaves them as they were sent; rules see them decoded all the same',
    why: 'Envoy takes the parameter out, by another way that does not decode',
  },
  {
    id: 'peer-chain',
    istio: 'believes the name in a certificate that its proxy was configured to take from anybody',
    sallyport: 'denies a peer whose certificate Envoy sends and the bundle of its trust domain does not hold',
    why: 'a name that nobody vouched for is none',
  },
  {
    id: 'peer-untold',
    istio: 'finds the caller of a waypoint in the filter state of its own proxy',
    sallyport:
      'takes the caller for unknown at a `waypoint` or `cilium` that does not tell by call metadata or X-Forwarded-Client-Cert: no ALLOW matches by identity, every DENY that asks for one may',
    why: 'a Check of such a proxy names nobody, and that does not say that there was nobody',
  },
  {
    id: 'server-name-untold',
    istio: 'knows the server name of each connection',
    sallyport:
      'takes it for unknown when neither the TLS session nor call metadata tells: no ALLOW matches by it, every DENY that asks for it may',
    why: 'a Check without `tls_session` does not say that there was none',
  },
  {
    id: 'metadata-untold',
    istio: 'knows of each filter whether it left metadata',
    sallyport:
      'takes metadata of a filter that is not in the Check for unknown: no ALLOW matches by an `experimental.` key of it, every DENY that asks for one may',
    why: 'Envoy sends no name of a filter that left nothing, and none that `metadata_context_namespaces` does not list',
  },
  {
    id: 'waypoint-service',
    istio: 'has a filter chain for each service of a waypoint',
    sallyport: 'denies at a waypoint of several services when the route does not say which',
    why: 'an ALLOW for one service would open the others',
  },
  {
    id: 'custom-http-tcp',
    istio: 'lets TCP connections pass a CUSTOM policy whose provider speaks HTTP',
    sallyport: 'denies those that its rules are for',
    why: 'nobody can be asked about them; the files check warns',
  },
  {
    id: 'custom-odd-answer',
    istio:
      'takes an answer of a gRPC provider that says nothing, or a denial beside the code 0, for an allow',
    sallyport: 'denies, also under `failOpen`',
    why: 'Envoy looks at the status code alone, whose absence reads as 0',
  },
  {
    id: 'custom-pseudo-header',
    istio: 'lets a provider set `:path`, `:authority` and the like',
    sallyport: 'denies, also under `failOpen`',
    why: 'the rules and the provider would have judged another request',
  },
  {
    id: 'custom-large-answer',
    istio: 'passes on answers of any size',
    sallyport:
      'denies when one is over 256 KiB or has more than 256 headers of a kind, also under `failOpen`',
    why: 'a client could make an answer large by its own request',
  },
  {
    id: 'custom-body-missing',
    istio: 'has every body, since its filter reads it',
    sallyport: 'denies when a provider is to see the body and Envoy did not send it',
    why: 'the provider would judge an empty one',
  },
];
