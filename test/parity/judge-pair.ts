import { type Answer, sameAnswer, verdictOf } from './answer.ts';
import type { ParityRequest, PolicyObject } from './case.ts';
import type { PairResult } from './chunk.ts';
import { bendOf, HUGE_NUMBER } from './token-bends.ts';

export type Finding =
  | { readonly kind: 'same' }
  /** Sallyport denies, and these rows of `docs/divergences.md` say why it may. */
  | { readonly kind: 'diverges'; readonly rows: readonly string[] }
  | { readonly kind: 'wrong'; readonly what: string };

/** What the answers of all judges to one request come to. */
export function judgePair({ set, request, transport, answers, withoutOddTokens }: PairResult): Finding {
  const { istio, lowered, sallyport, bare } = answers;
  if (!sameAnswer(istio, lowered)) {
    return { kind: 'wrong', what: 'the filters that src/envoy makes answer otherwise than those of Istio' };
  }
  const bareFinding =
    verdictOf(bare) !== 'allow' || !isToldWhole(request)
      ? SAME
      : compare(set.policies, request, { istio, ours: bare, transport, withoutOddTokens });
  return bareFinding.kind === 'wrong'
    ? { kind: 'wrong', what: `${bareFinding.what}, when asked by a bare ext_authz` }
    : compare(set.policies, request, { istio, ours: sallyport, transport, withoutOddTokens });
}

/**
 * Whether a bare Check can carry the request. Of a peer with several URI names it tells the first alone; several lines
 * of a header come joined, so that the tokens in them are not found, and one in another place may serve.
 */
function isToldWhole({ tls, tokens }: ParityRequest): boolean {
  const names = tokens.flatMap(({ place }) => (place.kind === 'header' ? [place.name.toLowerCase()] : []));
  return tls?.certificate !== 'severalUris' && new Set(names).size === names.length;
}

const SAME: Finding = { kind: 'same' };

function compare(
  policies: readonly PolicyObject[],
  request: ParityRequest,
  {
    istio,
    ours,
    transport,
    withoutOddTokens,
  }: { readonly istio: Answer; readonly ours: Answer } & Pick<PairResult, 'transport' | 'withoutOddTokens'>,
): Finding {
  if (sameAnswer(istio, ours)) {
    return SAME;
  }
  const wrong = (what: string): Finding => ({ kind: 'wrong', what });
  const rows = divergencesOf(policies, request, transport);
  switch (`${verdictOf(istio)} ${verdictOf(ours)}`) {
    case 'deny allow':
    case 'other allow':
      // A token that is refused counts as not sent, and another one speaks for the caller.
      return rows.length > 0 && withoutOddTokens !== undefined && verdictOf(withoutOddTokens) === 'allow'
        ? { kind: 'diverges', rows }
        : wrong('Sallyport allows what Istio denies');
    case 'allow allow': {
      if (sameAnswer(queryDecoded(istio), queryDecoded(ours))) {
        return { kind: 'diverges', rows: ['query-spelling'] };
      }
      // Of several rules one may take the token that another refused, and then other headers are made of it.
      return rows.length > 0 && tokenRules(policies) > 1
        ? { kind: 'diverges', rows }
        : wrong('the workload sees another request');
    }
    case 'allow deny':
    case 'other deny':
      return rows.length > 0 ? { kind: 'diverges', rows } : wrong('Sallyport denies what Istio allows');
    case 'deny deny':
      return rows.length > 0 ? { kind: 'diverges', rows } : wrong('both deny, in other words');
    default:
      return wrong('the answers differ');
  }
}

function tokenRules(policies: readonly PolicyObject[]): number {
  return policies.flatMap(({ spec }) => (spec['jwtRules'] ?? []) as readonly unknown[]).length;
}

function queryDecoded(answer: Answer): Answer {
  const { upstream } = answer;
  return upstream === undefined
    ? answer
    : { ...answer, upstream: { ...upstream, target: decodedQuery(upstream.target) } };
}

function decodedQuery(target: string): string {
  const [path = '', ...query] = target.split('?');
  return [path, ...query.map((text) => text.replaceAll(/%2f/gi, '/'))].join('?');
}

/** The rows that a request was made to show: in what it sends, not in how it was answered. */
export function divergencesOf(
  policies: readonly PolicyObject[],
  request: ParityRequest,
  transport: PairResult['transport'],
): readonly string[] {
  const { tls } = request;
  const tokens = transport === 'http' ? request.tokens : [];
  const rows = [
    ...(tls === undefined ? [] : (ROWS_OF_CERTIFICATES.get(tls.certificate) ?? [])),
    ...tokens.flatMap(({ token }) => bendOf(token).row ?? []),
    ...(tokens.some(({ place }) => place.kind === 'header' && /\s\s$/.test(place.prefix))
      ? ['prefix-spaces']
      : []),
    ...(tokens.some(({ token }) => token.payload['num'] === HUGE_NUMBER) && outputsNumber(policies)
      ? ['output-rounded']
      : []),
    ...(tokens.some(({ token }) => usesOf(policies).includes(token.key)) ? ['key-use'] : []),
    ...(isUntold(request, policies, transport) ? ['metadata-untold'] : []),
  ];
  return [...new Set(rows)];
}

/** No filter leaves metadata on a connection. */
function isUntold(
  { metadata }: ParityRequest,
  policies: readonly PolicyObject[],
  transport: PairResult['transport'],
): boolean {
  return transport === 'tcp'
    ? JSON.stringify(policies).includes('"experimental.')
    : typeof metadata === 'object' && 'unseen' in metadata;
}

/** Keys that some rule says are for encrypting. */
function usesOf(policies: readonly PolicyObject[]): readonly string[] {
  return [...JSON.stringify(policies).matchAll(/(\w+)!enc/g)].map(([, key]) => key ?? '');
}

function outputsNumber(policies: readonly PolicyObject[]): boolean {
  return JSON.stringify(policies).includes('"claim":"num"');
}

const ROWS_OF_CERTIFICATES = new Map<string, readonly string[]>([
  ['foreign', ['peer-chain']],
  ['dnsOnly', ['peer-chain']],
  ['severalUris', ['uri-names', 'peer-chain']],
  ['notSpiffe', ['spiffe-id', 'peer-chain']],
]);
