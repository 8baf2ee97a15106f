import type { ValidatedJwtSvid } from '../issuer/index.ts';
import type { ProtoValue } from '../proto/index.ts';

type Claims = ValidatedJwtSvid['claims'];
type ClaimValue = Claims extends ReadonlyMap<string, infer Value> ? Value : never;

/** google.protobuf.Struct as its codec takes it. */
export interface StructMessage {
  readonly fields: Readonly<Record<string, ProtoValue>>;
}

/** The claims of a token; `aud` is a list also when the token had one text. */
export function structOfClaims(claims: Claims): StructMessage {
  const fields = [...claims].map(([name, value]): [string, ProtoValue] => [
    name,
    protoValueOf(name === 'aud' && typeof value === 'string' ? [value] : value),
  ]);
  return { fields: Object.fromEntries(fields) };
}

function protoValueOf(value: ClaimValue): ProtoValue {
  switch (typeof value) {
    case 'string':
      return { kind: 'stringValue', stringValue: value };
    case 'number':
      return { kind: 'numberValue', numberValue: value };
    case 'boolean':
      return { kind: 'boolValue', boolValue: value };
    default:
      return objectOf(value);
  }
}

function objectOf(value: Exclude<ClaimValue, string | number | boolean>): ProtoValue {
  if (value === null) {
    return { kind: 'nullValue', nullValue: 'NULL_VALUE' };
  }
  if (isList(value)) {
    return { kind: 'listValue', listValue: { values: value.map(protoValueOf) } };
  }
  const fields = Object.entries(value).map(([name, item]): [string, ProtoValue] => [
    name,
    protoValueOf(item),
  ]);
  return { kind: 'structValue', structValue: { fields: Object.fromEntries(fields) } };
}

function isList(value: object): value is readonly ClaimValue[] {
  return Array.isArray(value);
}
