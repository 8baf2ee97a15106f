import type { Duration } from '../base/index.ts';
import type { HeaderMutation, HeaderToSet, RequestHeaderMutation, StructObject } from '../proto/index.ts';

/** What a verdict needs to know of a service that CUSTOM policies name. */
export interface Provider {
  readonly name: string;
  readonly protocol: 'grpc' | 'http';
  readonly timeout: Duration;
  /** A provider that cannot be reached, or says itself that it has no verdict, lets requests pass. */
  readonly failOpen: boolean;
  readonly statusOnError: number;
  /** Undefined keeps bodies from it. */
  readonly body: { readonly bytesMax: number; readonly allowPartial: boolean } | undefined;
}

/** What a provider is asked. */
export interface ProviderQuestion {
  readonly provider: Provider;
  /** The CheckRequest that Envoy sent. */
  readonly bytes: Uint8Array;
  /** The request as those before left it; undefined for a TCP connection. */
  readonly http: QuestionHttp | undefined;
}

export interface QuestionHttp {
  readonly method: string;
  readonly host: string;
  /** With its query. */
  readonly path: string;
  /** By name in lower case, pseudo headers too. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Empty when there is none, or it is not to be passed on. */
  readonly body: Uint8Array;
}

export type ProviderAnswer =
  | {
      readonly kind: 'allow';
      readonly mutations: ProviderMutations;
      readonly metadata: StructObject;
    }
  | {
      readonly kind: 'deny';
      /** From 200 to 599. */
      readonly httpStatus: number;
      readonly headers: readonly HeaderToSet[];
      readonly body: string;
      readonly metadata: StructObject;
    }
  | {
      readonly kind: 'failed';
      readonly failure: ProviderFailure;
      /** In place of `statusOnError`, when the provider names one. */
      readonly httpStatus?: number;
      readonly cause: unknown;
    };

/**
 * `failOpen` covers the first four. An answer that cannot be taken, and a request that the provider cannot be
 * asked about, are denied in any case: somebody may have made them so.
 */
export type ProviderFailure = 'unreachable' | 'timeout' | 'status' | 'busy' | 'reply' | 'question';

/** Names are lower case and tokens, values without line ends; none is Envoy's own or `host`. */
export interface ProviderMutations {
  readonly headers: readonly RequestHeaderMutation[];
  readonly removeHeaders: readonly string[];
  readonly responseHeaders: readonly HeaderMutation[];
  readonly setQueryParameters: readonly HeaderToSet[];
  readonly removeQueryParameters: readonly string[];
}

/** Asks once, and answers at the latest after `waitMillis`. Does not reject. */
export type AskProvider = (question: ProviderQuestion, waitMillis: number) => Promise<ProviderAnswer>;

/** By name of the provider. */
export type ProviderAnswers = ReadonlyMap<string, ProviderAnswer>;

export const NO_ANSWERS: ProviderAnswers = new Map();
