// Operands made by hand for the tests of the TypeScript backend, in several arrangements of the same elements.

import type { Operand } from '../../../lib/backend/backend.js';
import { type KernelName, kernel } from '../../../lib/backend/kernels.js';
import { attributes } from '../../../lib/backend/record.js';
import { TypeScriptBackend } from '../../../lib/backend/typescript/index.js';
import { BOOL, FLOAT32, FLOAT64, INT32, ITEM_SIZE, type Kind } from '../../../lib/core/dtype.js';
import { denseStrides, stridedLayout } from '../../../lib/core/layout.js';
import { Slab } from '../../../lib/core/slab.js';

export const backend = new TypeScriptBackend();

export const FLOATS: readonly Kind[] = [FLOAT32, FLOAT64];
export const NUMERIC: readonly Kind[] = [FLOAT32, FLOAT64, INT32];

export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** All indices of dims, in row-major order. */
export function indicesOf(dims: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const dim of dims) {
    all = all.flatMap((index) => Array.from({ length: dim }, (_, i) => [...index, i]));
  }
  return all;
}

function offsetOf(operand: Operand, index: readonly number[]): number {
  return index.reduce((sum, i, d) => sum + i * operand.layout.strides[d], operand.offset);
}

/** Elements that must stay as they are: those around and between an operand's own. */
const UNTOUCHED = 77;

/** An operand of any strides with the given elements, in row-major order of its dims. */
export function strided(
  kind: Kind,
  dims: readonly number[],
  strides: readonly number[],
  values: ArrayLike<number>,
  offset = 3,
): Operand {
  const layout = stridedLayout(dims, strides);
  const length = offset + layout.extent + 2;
  const slab = new Slab(new ArrayBuffer(length * ITEM_SIZE[kind]), length * ITEM_SIZE[kind], null, false);
  const view = slab.view(kind);
  view.fill(UNTOUCHED);
  const operand = { slab, offset, layout, kind };
  indicesOf(dims).forEach((index, i) => {
    view[offsetOf(operand, index)] = values[i];
  });
  return operand;
}

export function dense(kind: Kind, dims: readonly number[], values: ArrayLike<number>): Operand {
  return strided(kind, dims, denseStrides(dims), values);
}

/** A dense output. */
export function empty(kind: Kind, dims: readonly number[]): Operand {
  return dense(kind, dims, new Float64Array(sizeOf(dims)).fill(UNTOUCHED));
}

/** The same elements dense, as a transpose, and with gaps between rows and elements. */
export function arrangements(kind: Kind, dims: readonly number[], values: ArrayLike<number>): Operand[] {
  const backwards = denseStrides([...dims].reverse()).reverse();
  const gaps = denseStrides(dims.map((dim) => dim + 1)).map((stride) => stride * 2);
  return [
    dense(kind, dims, values),
    strided(kind, dims, backwards, values, 5),
    strided(kind, dims, gaps, values, 1),
  ];
}

/** The elements, in row-major order. */
export function read(operand: Operand): number[] {
  const view = operand.slab.view(operand.kind);
  return indicesOf(operand.layout.dims).map((index) => view[offsetOf(operand, index)]);
}

/** One element; dimensions of one repeat, and leading indices that the operand lacks are dropped. */
export function at(operand: Operand, index: readonly number[]): number {
  const own = index.slice(index.length - operand.layout.rank);
  const clipped = own.map((i, d) => (operand.layout.dims[d] === 1 ? 0 : i));
  return operand.slab.view(operand.kind)[offsetOf(operand, clipped)];
}

/** Whether a write stayed inside the operand. */
export function onlyOwnTouched(operand: Operand): boolean {
  const own = new Set(indicesOf(operand.layout.dims).map((index) => offsetOf(operand, index)));
  return operand.slab.view(operand.kind).every((value, i) => own.has(i) || value === UNTOUCHED);
}

/** Runs a kernel by name with its attributes. */
export function run(
  name: KernelName,
  kind: Kind,
  given: Readonly<Record<number, number>>,
  ...operands: readonly Operand[]
): void {
  attributes.fill(0);
  for (const [i, value] of Object.entries(given)) attributes[Number(i)] = value;
  const [out, a, b, c] = operands;
  if (operands.length === 1) backend.run1(kernel[name], kind, out);
  else if (operands.length === 2) backend.run2(kernel[name], kind, out, a);
  else if (operands.length === 3) backend.run3(kernel[name], kind, out, a, b);
  else backend.run4(kernel[name], kind, out, a, b, c);
}

/** A value as a kind stores it. */
export function stored(kind: Kind, value: number): number {
  return kind === FLOAT32
    ? Math.fround(value)
    : kind === FLOAT64
      ? value
      : kind === INT32
        ? value | 0
        : value & 255;
}

/** The greatest difference from the reference, relative to values above one. NaN must meet NaN. */
export function error(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  actual.forEach((value, i) => {
    if (Object.is(value, expected[i]) || value === expected[i]) return;
    const difference = Math.abs(value - expected[i]) / Math.max(1, Math.abs(expected[i]));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  });
  return worst;
}

/** What rounding may cost in a kind, for results near one that come of a few operations. */
export function tolerance(kind: Kind): number {
  return kind === FLOAT32 ? 1e-6 : kind === FLOAT64 ? 1e-14 : 0;
}

/** Deterministic values in [-2, 2), or whole ones in [-9, 9], or truth values. */
export function samples(kind: Kind, count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const unit = (state >>> 0) / 2 ** 32;
    if (kind === BOOL) return unit < 0.5 ? 0 : 1;
    if (kind === INT32) return Math.floor(unit * 19) - 9;
    return kind === FLOAT32 || kind === FLOAT64 ? stored(kind, unit * 4 - 2) : Math.floor(unit * 256);
  });
}
