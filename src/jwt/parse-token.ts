import { LIMITS } from '../base/index.ts';
import { isTokenAlgorithm, type TokenAlgorithm } from './algorithm.ts';
import { decodeBase64url, decodeUtf8 } from './base64url.ts';
import type { TokenFailure } from './failure.ts';
import { type JsonObject, readJsonObject } from './strict-json.ts';
import type { Claims, ClaimValue } from './verified-token.ts';

/** What a token says of itself; nothing of it is verified. */
export interface ParsedToken {
  readonly algorithm: TokenAlgorithm;
  /** Empty when absent, as an empty one counts as none. */
  readonly keyId: string;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly audiences: readonly string[];
  /** Whole seconds since the epoch. */
  readonly expiresAtSeconds: number | undefined;
  readonly notBeforeSeconds: number;
  readonly claims: Claims;
  readonly hasUnsafeInteger: boolean;
  /** The middle segment as it came. */
  readonly payloadSegment: string;
}

export type ParseResult =
  | { readonly ok: true; readonly token: ParsedToken }
  | { readonly ok: false; readonly failure: TokenFailure };

/** What of a token is signed, and the signature; only of a token that parses. */
export interface SignedParts {
  readonly input: Buffer;
  readonly signature: Buffer;
}

/**
 * Reads a compact JWS (RFC 7515, section 7.1) that holds a JWT (RFC 7519), in the order of Envoy's
 * jwt_authn, so that a token with several faults is refused for the same one.
 */
export function parseToken(text: string): ParseResult {
  try {
    return { ok: true, token: parse(text) };
  } catch (error) {
    if (error instanceof Refused) {
      return { ok: false, failure: error.failure };
    }
    throw error;
  }
}

export function signedParts(text: string): SignedParts {
  const dot = text.lastIndexOf('.');
  return {
    input: Buffer.from(text.slice(0, dot), 'latin1'),
    signature: Buffer.from(text.slice(dot + 1), 'base64url'),
  };
}

/** What the claims of a payload say, by the rules of a token; undefined when they are not those of one. */
export function readClaims(claims: Claims): ClaimFacts | undefined {
  try {
    return parsePayload(claims);
  } catch (error) {
    if (error instanceof Refused) {
      return undefined;
    }
    throw error;
  }
}

class Refused extends Error {
  readonly failure: TokenFailure;

  constructor(failure: TokenFailure) {
    super(failure);
    this.failure = failure;
  }
}

function parse(text: string): ParsedToken {
  if (text.length > LIMITS.tokenBytes) {
    throw new Refused('tooLong');
  }
  const [header = '', payload = '', signature = '', ...rest] = text.split('.', 4);
  if (header === '' || payload === '' || signature === '' || rest.length > 0) {
    throw new Refused('form');
  }
  const { algorithm, keyId } = parseHeader(decodeObject(header, 'headerBase64', 'headerJson').members);
  const object = decodeObject(payload, 'payloadBase64', 'payloadJson');
  const facts = parsePayload(object.members);
  if (decodeBase64url(signature) === undefined) {
    throw new Refused('signatureBase64');
  }
  return {
    algorithm,
    keyId,
    ...facts,
    claims: object.members,
    hasUnsafeInteger: object.hasUnsafeInteger,
    payloadSegment: payload,
  };
}

function decodeObject(segment: string, notBase64: TokenFailure, notJson: TokenFailure): JsonObject {
  const bytes = decodeBase64url(segment);
  if (bytes === undefined) {
    throw new Refused(notBase64);
  }
  const text = decodeUtf8(bytes);
  const object = text === undefined ? undefined : readJsonObject(text, LIMITS.tokenJsonDepth);
  if (object === undefined) {
    throw new Refused(notJson);
  }
  return object;
}

function parseHeader(header: Claims): Pick<ParsedToken, 'algorithm' | 'keyId'> {
  const algorithm = header.get('alg');
  if (typeof algorithm !== 'string') {
    throw new Refused('headerAlgMissing');
  }
  if (!isTokenAlgorithm(algorithm)) {
    throw new Refused('headerAlgUnsupported');
  }
  const keyId = stringOf(header, 'kid', 'headerKid') ?? '';
  if (header.has('crit')) {
    throw new Refused('headerCrit');
  }
  if (header.has('b64')) {
    throw new Refused('headerB64');
  }
  const contentType = header.get('cty');
  if (typeof contentType === 'string' && /^(?:application\/)?jwt$/i.test(contentType)) {
    throw new Refused('headerNested');
  }
  return { algorithm, keyId };
}

type ClaimFacts = Pick<
  ParsedToken,
  'issuer' | 'subject' | 'audiences' | 'expiresAtSeconds' | 'notBeforeSeconds'
>;

function parsePayload(claims: Claims): ClaimFacts {
  const issuer = stringOf(claims, 'iss', 'issNotString');
  const subject = stringOf(claims, 'sub', 'subNotString');
  secondsOf(claims, 'iat', 'iatNotNumber', 'iatOutOfRange');
  const notBeforeSeconds = secondsOf(claims, 'nbf', 'nbfNotNumber', 'nbfOutOfRange') ?? 0;
  const expiresAtSeconds = secondsOf(claims, 'exp', 'expNotNumber', 'expOutOfRange');
  stringOf(claims, 'jti', 'jtiNotString');
  return { issuer, subject, audiences: audiencesOf(claims.get('aud')), expiresAtSeconds, notBeforeSeconds };
}

function stringOf(members: Claims, name: string, failure: TokenFailure): string | undefined {
  const value = members.get(name);
  if (value !== undefined && typeof value !== 'string') {
    throw new Refused(failure);
  }
  return value;
}

/** Fractions are cut off, as Envoy does. What a double cannot hold exactly is out of range. */
function secondsOf(
  claims: Claims,
  name: string,
  notNumber: TokenFailure,
  outOfRange: TokenFailure,
): number | undefined {
  const value = claims.get(name);
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number') {
    throw new Refused(notNumber);
  }
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
    throw new Refused(outOfRange);
  }
  return Math.trunc(value);
}

function audiencesOf(value: ClaimValue | undefined): readonly string[] {
  if (value === undefined) {
    return [];
  }
  const list = Array.isArray(value) ? (value as readonly ClaimValue[]) : [value];
  if (!list.every((item) => typeof item === 'string')) {
    throw new Refused('audNotStrings');
  }
  return list;
}
