// Scratch memory of the kernels: chunks that stay in the first cache, and growing arrays of doubles.

import { type DataArray, DTYPES, ITEM_SIZE, type Kind, viewBytes } from '../../core/dtype.js';

/** Elements that strided operands are gathered by: small enough that three chunks of doubles stay near. */
export const CHUNK = 1024;

const chunks: (DataArray | undefined)[] = [];

/** One chunk of a kind. Operands of one call use different slots. */
export function chunkOf(slot: number, kind: Kind): DataArray {
  const at = slot * DTYPES.length + kind;
  chunks[at] ??= viewBytes(kind, new ArrayBuffer(CHUNK * ITEM_SIZE[kind]), 0, CHUNK);
  return chunks[at];
}

// Larger arrays are made anew each time, so that one huge call doesn't pin its memory for ever.
const KEPT = 1 << 20;

const kept: Float64Array[] = [];

/** At least `length` doubles with whatever they last held; the slot's next request may overwrite them. */
export function doubles(slot: number, length: number): Float64Array {
  if (length > KEPT) return new Float64Array(length);
  const had = kept[slot];
  if (had !== undefined && had.length >= length) return had;
  const made = new Float64Array(Math.min(KEPT, Math.max(256, 2 * length)));
  kept[slot] = made;
  return made;
}
