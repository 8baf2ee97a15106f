/** A `google.protobuf.Struct` of plain JSON, names such as `__proto__` among them. */
export function protoStruct(object: Readonly<Record<string, unknown>>): object {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    Object.defineProperty(fields, key, { value: protoValue(value), enumerable: true });
  }
  return { fields };
}

function protoValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      return { numberValue: value };
    case 'boolean':
      return { boolValue: value };
    default:
      if (value === null) {
        return { nullValue: 0 };
      }
      return Array.isArray(value)
        ? { listValue: { values: value.map(protoValue) } }
        : { structValue: protoStruct(value as Readonly<Record<string, unknown>>) };
  }
}
