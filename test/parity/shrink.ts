import type { ParityRequest, PolicyObject, PolicySetCase } from './case.ts';
import { type Bench, type PairResult, runChunk } from './chunk.ts';
import { judgePair } from './judge-pair.ts';

const ROUNDS_MAX = 30;
const CANDIDATES_PER_ROUND = 60;

/**
 * The smallest pair that is still wrong: in each round everything that can be left out is left out once, all of these
 * are tried in one Envoy, and the smallest wrong one goes on.
 */
export async function shrinkPair(
  pair: PairResult,
  bench: Bench,
  print: (line: string) => void,
): Promise<PairResult> {
  let smallest = pair;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const candidates = smallerSets(smallest);
    const next = await smallestWrong(candidates, smallest, {
      bench,
      name: `shrink-${pair.set.index}-${round}`,
    });
    if (next === undefined) {
      break;
    }
    smallest = next;
    print(`shrunk to ${sizeOf(smallest)} characters`);
  }
  return smallest;
}

async function smallestWrong(
  candidates: readonly PolicySetCase[],
  { transport }: PairResult,
  { bench, name }: { readonly bench: Bench; readonly name: string },
): Promise<PairResult | undefined> {
  if (candidates.length === 0) {
    return undefined;
  }
  const { pairs } = await runChunk(name, candidates, bench, { withTcp: transport === 'tcp' });
  const [first] = pairs
    .filter((one) => one.transport === transport && judgePair(one).kind === 'wrong')
    .sort((a, b) => sizeOf(a) - sizeOf(b));
  return first;
}

function sizeOf({ set, request }: Pick<PairResult, 'set' | 'request'>): number {
  return JSON.stringify(set.policies).length + JSON.stringify(request).length;
}

/** Each with one thing less, the greatest savings first. */
function smallerSets({ set, request }: PairResult): readonly PolicySetCase[] {
  const smaller = [
    ...withOneLess(set.policies).map((policies) => ({
      policies: policies as readonly PolicyObject[],
      request,
    })),
    ...smallerRequests(request).map((one) => ({ policies: set.policies, request: one })),
  ];
  return smaller
    .map(({ policies, request: one }) => ({ ...set, policies, requests: [one] }))
    .sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length)
    .slice(0, CANDIDATES_PER_ROUND);
}

function smallerRequests(request: ParityRequest): readonly ParityRequest[] {
  const simple: Partial<ParityRequest>[] = [
    { tls: undefined },
    ...(request.tls === undefined ? [] : [{ tls: { ...request.tls, serverName: undefined } }]),
    { from: '127.0.0.1' },
    { to: '127.0.0.1' },
    { port: 'PORT_A' },
    { method: 'GET' },
    { target: '/' },
    { target: request.target.slice(0, Math.ceil(request.target.length / 2)) },
    { host: 'a' },
    { metadata: undefined },
    ...withOneLess(request.headers).map((headers) => ({ headers: headers as ParityRequest['headers'] })),
    ...withOneLess(request.tokens)
      .filter((tokens) => (tokens as ParityRequest['tokens']).every(isWhole))
      .map((tokens) => ({ tokens: tokens as ParityRequest['tokens'] })),
  ];
  return simple
    .map((change) => ({ ...request, ...change }))
    .filter((one) => JSON.stringify(one) !== JSON.stringify(request))
    .filter(({ headers }) => headers.every((line) => line.length === 2));
}

/** A token may lose members of its payload, and nothing else. */
function isWhole(token: Partial<ParityRequest['tokens'][number]>): boolean {
  const { place, token: recipe } = token;
  return (
    place?.name !== undefined &&
    (place.kind !== 'header' || place.prefix !== undefined) &&
    recipe?.key !== undefined &&
    recipe.header !== undefined &&
    recipe.payload !== undefined &&
    recipe.bend !== undefined
  );
}

/** Every way to leave out one element of a list or one member of a map, anywhere inside. */
function withOneLess(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => [
      value.toSpliced(index, 1),
      ...withOneLess(item).map((less) => value.with(index, less)),
    ]);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([name, member]) => [
    Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)),
    ...withOneLess(member).map((less) => ({ ...value, [name]: less })),
  ]);
}
