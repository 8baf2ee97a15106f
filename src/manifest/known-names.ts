import type { z } from 'zod';
import type { ValuePath } from './value-path.ts';

/** The member names that `schema` knows for the object at `path`; empty when it cannot say. */
export function knownNames(schema: z.core.$ZodType, path: ValuePath): readonly string[] {
  let here: readonly z.core.$ZodType[] = [schema];
  for (const step of path) {
    here = here.flatMap(unwrap).flatMap((part) => below(part, step));
  }
  const names = here
    .flatMap(unwrap)
    .flatMap((part) => (isObject(part) ? Object.keys(part._zod.def.shape) : []));
  return [...new Set(names)];
}

/** What stands behind optional, default, pipe, union and the like. */
function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType);
    case 'pipe':
      return [def.in, def.out].flatMap(unwrap);
    case 'lazy':
      return unwrap(def.getter());
    case 'union':
      return def.options.flatMap(unwrap);
    case 'intersection':
      return [def.left, def.right].flatMap(unwrap);
    default:
      return [schema];
  }
}

function below(schema: z.core.$ZodType, step: string | number): readonly z.core.$ZodType[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  if (def.type === 'array') {
    return [def.element];
  }
  if (def.type === 'record') {
    return [def.valueType];
  }
  const member = def.type === 'object' ? def.shape[step] : undefined;
  return member === undefined ? [] : [member];
}

function isObject(schema: z.core.$ZodType): schema is z.core.$ZodObject {
  return schema._zod.def.type === 'object';
}
