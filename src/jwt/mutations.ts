/** What a verdict changes in the request before it goes on. Header names are lower case. */
export interface RequestMutations {
  readonly setHeaders: readonly HeaderValue[];
  readonly removeHeaders: readonly string[];
  readonly removeQueryParameters: readonly string[];
}

export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

export const NO_MUTATIONS: RequestMutations = {
  setHeaders: [],
  removeHeaders: [],
  removeQueryParameters: [],
};
