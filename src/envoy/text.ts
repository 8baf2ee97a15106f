import { stringify } from 'yaml';
import type { JsonObject } from './typed.ts';

/** YAML that people can read; anchors are never made, as Envoy's reader wants none. */
export function toYaml(value: JsonObject): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

export function toJson(value: JsonObject): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
