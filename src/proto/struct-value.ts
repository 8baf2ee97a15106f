/** google.protobuf.Value as plain data; objects have no prototype, so that `__proto__` is a name like any other. */
export type StructValue = string | number | boolean | null | readonly StructValue[] | StructObject;

export interface StructObject {
  readonly [name: string]: StructValue;
}
