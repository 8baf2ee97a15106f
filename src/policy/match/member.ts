import type { MetadataValue } from '../attributes.ts';

/** A member of a JSON object by its name; undefined of anything else, and of what it only inherits. */
export function memberOf(value: MetadataValue | undefined, name: string): MetadataValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: MetadataValue | undefined): value is { readonly [name: string]: MetadataValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
