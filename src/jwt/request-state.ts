import type { TokenRequest } from './authenticate-types.ts';
import { type HeaderValue, NO_MUTATIONS, type RequestMutations } from './mutations.ts';
import { queryParameters } from './query.ts';

/**
 * The request as the rules so far have left it. Rules see what earlier ones removed and wrote, which decides
 * with several rules whether a bad token beside a good one is noticed. `istio-tried`, points 1 to 4.
 */
export interface RequestState {
  lines(headerName: string): readonly string[];
  removeHeader(name: string): void;
  addHeader(name: string, value: string): void;
  /** The first value of a query parameter, decoded. */
  parameter(name: string): string | undefined;
  removeParameter(name: string): void;
  /** What was changed, and only what makes a difference to the request as it came. */
  mutations(): RequestMutations;
}

export function createRequestState(request: TokenRequest): RequestState {
  const changed = new Map<string, readonly string[]>();
  const removedParameters = new Set<string>();
  let parameters: ReadonlyMap<string, string> | undefined;
  const lines = (name: string): readonly string[] => changed.get(name) ?? request.headerLines(name);
  return {
    lines,
    removeHeader: (name) => void changed.set(name, []),
    addHeader: (name, value) => void changed.set(name, [...lines(name), value]),
    parameter(name) {
      parameters ??= queryParameters(request.path);
      return removedParameters.has(name) ? undefined : parameters.get(name);
    },
    removeParameter: (name) => void removedParameters.add(name),
    mutations() {
      if (changed.size === 0 && removedParameters.size === 0) {
        return NO_MUTATIONS;
      }
      const setHeaders: HeaderValue[] = [];
      const removeHeaders: string[] = [];
      for (const [name, values] of changed) {
        setHeaders.push(...values.map((value) => ({ name, value })));
        if (values.length === 0 && request.headerLines(name).length > 0) {
          removeHeaders.push(name);
        }
      }
      return { setHeaders, removeHeaders, removeQueryParameters: [...removedParameters] };
    },
  };
}
