import { z } from 'zod';
import { settingsSchema } from './settings.ts';

/** One setting, for `docs/config.md`. */
export interface SettingDescription {
  /** `listeners.authz[].address`; `<name>` stands for a name the user chooses. */
  readonly path: string;
  readonly type: string;
  /** As it would be written in the file; undefined when there is none. */
  readonly default: string | undefined;
  readonly isRequired: boolean;
  readonly description: string;
}

/** Every setting in the order of the schema, groups before their members. */
export function describeSettings(): readonly SettingDescription[] {
  return membersOf(z.toJSONSchema(settingsSchema, { io: 'input' }), '');
}

type Schema = z.core.JSONSchema.BaseSchema;

function membersOf(schema: Schema, prefix: string): readonly SettingDescription[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return asSchema(member) === undefined ? [] : describe(asSchema(member) ?? {}, path, required.has(name));
  });
}

function describe(schema: Schema, path: string, isRequired: boolean): readonly SettingDescription[] {
  const item = asSchema(schema.items);
  const named = asSchema(schema.additionalProperties);
  const own: SettingDescription = {
    path,
    type: typeName(schema),
    default: schema.default === undefined || isGroup(schema) ? undefined : JSON.stringify(schema.default),
    isRequired,
    description: schema.description ?? '',
  };
  return [
    own,
    ...membersOf(schema, path),
    ...(item === undefined ? [] : membersOf(item, `${path}[]`)),
    ...(named === undefined ? [] : membersOf(named, `${path}.<name>`)),
  ];
}

function isGroup(schema: Schema): boolean {
  return schema.type === 'object';
}

function typeName(schema: Schema): string {
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  }
  const item = asSchema(schema.items);
  const branches = schema.anyOf?.map((branch) => typeName(asSchema(branch) ?? {}));
  switch (schema.type) {
    case 'array':
      return `list of ${item?.type === 'object' ? 'maps' : 'texts'}`;
    case 'object':
      return 'map';
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    case 'integer':
      return 'whole number';
    default:
      return branches?.join(' or ') ?? 'any';
  }
}

/** JSON Schema lets `true` and `false` stand for schemas. */
function asSchema(schema: unknown): Schema | undefined {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
    ? (schema as Schema)
    : undefined;
}
