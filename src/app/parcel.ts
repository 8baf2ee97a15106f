import { deserialize, serialize } from 'node:v8';
import { SallyportError, type Sliced } from '../base/index.ts';

/**
 * Plain data for another thread, in pieces: what is posted whole is read whole there, and that holds up
 * everything else. The pieces are bytes, which change hands without a copy.
 */
export interface Parcel {
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  readonly plan: Plan;
}

/** How a value is put together again; numbers are places in `pieces`. */
export type Plan =
  | { readonly kind: 'whole'; readonly piece: number }
  /** One piece holds a run of items, a plan a single one. */
  | { readonly kind: 'list'; readonly parts: readonly (number | Plan)[] }
  | {
      readonly kind: 'record';
      /** A piece with the small fields. */
      readonly rest: number;
      readonly fields: readonly (readonly [string, Plan])[];
    };

/** About how many values one piece holds: well under a millisecond of reading. */
const PIECE_WEIGHT = 4000;
/** Characters of text that count as much as a value. */
const TEXT_WEIGHT = 100;

/** Packs lists, maps, sets and objects of whatever `node:v8` can write. */
export function packParcel(value: unknown, pieceWeight: number = PIECE_WEIGHT): Parcel {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const packing: Packing = {
    pieceWeight,
    add: (part) => pieces.push(Uint8Array.from(serialize(part))) - 1,
  };
  return { pieces, plan: planOf(wrap(value, packing), packing) };
}

/** The value, a piece at each step. */
export function* unpackParcel({ pieces, plan }: Parcel): Sliced<unknown> {
  switch (plan.kind) {
    case 'whole':
      return yield* readPiece(pieces, plan.piece);
    case 'list': {
      const items: unknown[] = [];
      for (const part of plan.parts) {
        if (typeof part === 'number') {
          for (const item of (yield* readPiece(pieces, part)) as readonly unknown[]) {
            items.push(item);
          }
        } else {
          items.push(yield* unpackParcel({ pieces, plan: part }));
        }
      }
      return items;
    }
    case 'record': {
      const record = (yield* readPiece(pieces, plan.rest)) as Record<string, unknown>;
      for (const [name, field] of plan.fields) {
        const value = yield* unpackParcel({ pieces, plan: field });
        Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
      }
      return record;
    }
    default:
      return plan satisfies never;
  }
}

interface Packing {
  readonly pieceWeight: number;
  /** Writes a piece; its place. */
  add(part: unknown): number;
}

/** A value that fits into a piece, or the plan of one that does not. */
type Wrapped =
  | { readonly kind: 'light'; readonly value: unknown; readonly weight: number }
  | { readonly kind: 'heavy'; readonly plan: Plan };

function planOf(wrapped: Wrapped, packing: Packing): Plan {
  return wrapped.kind === 'heavy' ? wrapped.plan : { kind: 'whole', piece: packing.add(wrapped.value) };
}

function wrap(value: unknown, packing: Packing): Wrapped {
  if (typeof value === 'string') {
    return { kind: 'light', value, weight: 1 + value.length / TEXT_WEIGHT };
  }
  if (Array.isArray(value)) {
    return wrapList(value, packing);
  }
  if (isRecord(value)) {
    return wrapRecord(value, packing);
  }
  const size = value instanceof Map || value instanceof Set ? value.size : 0;
  return { kind: 'light', value, weight: 1 + 2 * size };
}

function wrapList(items: readonly unknown[], packing: Packing): Wrapped {
  const parts: (number | Plan)[] = [];
  let run: unknown[] = [];
  let weight = 0;
  const endRun = (): void => {
    if (run.length > 0) {
      parts.push(packing.add(run));
    }
    run = [];
    weight = 0;
  };
  for (const item of items) {
    const wrapped = wrap(item, packing);
    if (wrapped.kind === 'heavy') {
      endRun();
      parts.push(wrapped.plan);
    } else {
      if (weight + wrapped.weight > packing.pieceWeight) {
        endRun();
      }
      run.push(wrapped.value);
      weight += wrapped.weight;
    }
  }
  if (parts.length === 0) {
    return { kind: 'light', value: items, weight: weight + 1 };
  }
  endRun();
  return { kind: 'heavy', plan: { kind: 'list', parts } };
}

function wrapRecord(record: Readonly<Record<string, unknown>>, packing: Packing): Wrapped {
  // Without a prototype: `__proto__` is a name like any other.
  const light: Record<string, unknown> = Object.create(null);
  const fields: (readonly [string, Plan])[] = [];
  let weight = 1;
  for (const [name, value] of Object.entries(record)) {
    const wrapped = wrap(value, packing);
    if (wrapped.kind === 'heavy') {
      fields.push([name, wrapped.plan]);
    } else if (weight + wrapped.weight > packing.pieceWeight) {
      fields.push([name, planOf(wrapped, packing)]);
    } else {
      light[name] = value;
      weight += wrapped.weight;
    }
  }
  return fields.length === 0
    ? { kind: 'light', value: record, weight }
    : { kind: 'heavy', plan: { kind: 'record', rest: packing.add(light), fields } };
}

function* readPiece(pieces: Parcel['pieces'], at: number): Sliced<unknown> {
  const piece = pieces[at];
  if (piece === undefined) {
    throw new SallyportError('ERR_INTERNAL', 'a piece of posted data is missing');
  }
  const value: unknown = deserialize(piece);
  yield;
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  );
}
