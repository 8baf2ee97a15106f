/** Plain data, as it stands in the file. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** Envoy's way to say which message an `Any` holds. */
export function typed(message: string, fields: JsonObject = {}): JsonObject {
  return { '@type': `type.googleapis.com/${message}`, ...fields };
}

/** Envoy's form of a duration: seconds with a final `s`. */
export function duration(millis: number): string {
  return `${millis / 1000}s`;
}
