// Copies with and without a change of dtype, and filling with one value.

import { BOOL, FLOAT64, INT32, type Kind, UINT8 } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { Cursor, spread } from './cursor.js';
import { runUnary, type UnaryLoop } from './elementwise.js';
import { chunkAfter, sink } from './feed.js';

// Where the store into the typed array is the conversion: to a float from anything, between the integers
// (modulo 2^8 or 2^32), and between equals.
const store: UnaryLoop = (o, oi, x, xi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = x[xi + i];
};

/** Towards zero, NaN to 0, and what lies outside int32 to its nearest end. */
function toInt32(value: number): number {
  return value >= 2147483647 ? 2147483647 : value <= -2147483648 ? -2147483648 : value | 0;
}

// To int32, and to uint8 by way of int32: that store keeps the low byte.
const fromFloat: UnaryLoop = (o, oi, x, xi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = toInt32(x[xi + i]);
};

const toBool: UnaryLoop = (o, oi, x, xi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] !== 0 ? 1 : 0;
};

function conversion(to: Kind, from: Kind): UnaryLoop {
  if (to === from) return store;
  if (to === BOOL) return toBool;
  return from <= FLOAT64 && to > FLOAT64 ? fromFloat : store;
}

const cursor = new Cursor();

export function cast(_kind: Kind, out: Operand, x: Operand): void {
  if (out.kind === x.kind && out.layout.contiguous) {
    cursor.aim(out.layout.dims, spread(x.layout, out.layout.dims), x.offset);
    cursor.read(out.slab.view(out.kind), out.offset, x.slab.view(x.kind), out.layout.size);
  } else {
    runUnary(conversion(out.kind, x.kind), out, x);
  }
}

export function fill(kind: Kind, out: Operand): void {
  const given = attributes[0];
  const value =
    kind === BOOL ? Number(given !== 0) : kind === INT32 || kind === UINT8 ? toInt32(given) : given;
  const total = out.layout.size;
  if (out.layout.contiguous) {
    out.slab.view(kind).fill(value, out.offset, out.offset + total);
    return;
  }
  sink.aim(out);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    sink.array.fill(value, sink.at, sink.at + count);
    sink.put(count);
    done += count;
  }
}
