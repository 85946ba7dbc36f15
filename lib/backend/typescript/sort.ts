// Ordering the elements along one axis: sort, topk, kthvalue with the medians, mode.

import { type DataArray, FLOAT32, FLOAT64, INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense } from './check.js';
import { Cursor } from './cursor.js';
import type { Kernel3 } from './kernel.js';

// A row's elements become keys of 64 bits, as two words, that order as the elements do: NaN greatest, −0 equal to 0.
// What is narrower than a double has its key in the high word. They are sorted by one byte after the other.
let room = 0;
let high = new Uint32Array(0);
let low = new Uint32Array(0);
let order = new Int32Array(0);
let other = new Int32Array(0);
const counts = new Int32Array(256);
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const single = new Float32Array(1);
const word = new Uint32Array(single.buffer);
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const [LOW, HIGH] = littleEndian ? [0, 1] : [1, 0];

// Kept for short rows only, so that one huge call doesn't pin its memory for ever.
const KEPT = 1 << 18;

function makeRoom(n: number): void {
  if (n <= room && room <= Math.max(n, KEPT)) return;
  room = n;
  high = new Uint32Array(n);
  low = new Uint32Array(n);
  order = new Int32Array(n);
  other = new Int32Array(n);
}

const TOP = 0x80000000;
const ALL = 0xffffffff;

function makeKeys(
  kind: Kind,
  x: DataArray,
  start: number,
  step: number,
  n: number,
  descending: boolean,
): void {
  const flip = descending ? ALL : 0;
  for (let i = 0, at = start; i < n; i++, at += step) {
    const value = x[at];
    order[i] = i;
    if (Number.isNaN(value)) {
      high[i] = ALL ^ flip;
      low[i] = ALL ^ flip;
    } else if (kind === FLOAT32) {
      single[0] = value + 0;
      high[i] = (word[0] >= TOP ? ~word[0] : word[0] | TOP) ^ flip;
      low[i] = flip;
    } else if (kind === FLOAT64) {
      double[0] = value + 0;
      const negative = words[HIGH] >= TOP;
      high[i] = (negative ? ~words[HIGH] : words[HIGH] | TOP) ^ flip;
      low[i] = (negative ? ~words[LOW] : words[LOW]) ^ flip;
    } else {
      high[i] = value ^ TOP ^ flip;
      low[i] = flip;
    }
  }
}

/** One pass of the sort: by a byte of the keys, unless all share it. */
function pass(keys: Uint32Array, shift: number, n: number): void {
  counts.fill(0);
  for (let i = 0; i < n; i++) counts[(keys[i] >>> shift) & 0xff]++;
  if (counts[(keys[0] >>> shift) & 0xff] === n) return;
  let start = 0;
  for (let digit = 0; digit < 256; digit++) {
    const count = counts[digit];
    counts[digit] = start;
    start += count;
  }
  for (let i = 0; i < n; i++) {
    const item = order[i];
    other[counts[(keys[item] >>> shift) & 0xff]++] = item;
  }
  const sorted = other;
  other = order;
  order = sorted;
}

/** Leaves in `order` the indices of a row's elements by their order; equal ones keep theirs. */
function sortRow(
  kind: Kind,
  x: DataArray,
  start: number,
  step: number,
  n: number,
  descending: boolean,
): void {
  makeRoom(n);
  makeKeys(kind, x, start, step, n, descending);
  if (n < 2) return;
  if (kind === FLOAT64) for (let shift = 0; shift < 32; shift += 8) pass(low, shift, n);
  for (let shift = 0; shift < 32; shift += 8) pass(high, shift, n);
}

/** Which of a row's sorted elements become results: the numbers among `n` of those from `start` on. */
type Pick = (x: DataArray, start: number, step: number, n: number, result: number) => number;

const source = new Cursor();
const target = new Cursor();

function ordered(
  op: string,
  kind: Kind,
  values: Operand,
  indices: Operand,
  x: Operand,
  descending: boolean,
  pick: Pick,
): void {
  demandDense(op, values);
  demandDense(op, indices);
  if (values.layout.size === 0) return;
  const axis = attributes[0];
  const n = x.layout.dims[axis];
  const length = values.layout.dims[axis];
  const step = x.layout.strides[axis];
  const to = values.layout.strides[axis];
  const from = x.slab.view(kind);
  const o = values.slab.view(kind);
  const where = indices.slab.view(INT32);
  const dims = x.layout.dims.map((dim, i) => (i === axis ? 1 : dim));
  source.aim(dims, x.layout.strides, x.offset);
  target.aim(dims, values.layout.strides, 0);
  for (let left = values.layout.size; left > 0; left -= length) {
    const start = source.next();
    sortRow(kind, from, start, step, n, descending);
    for (let i = 0, at = target.next(); i < length; i++, at += to) {
      const index = order[pick(from, start, step, n, i)];
      where[indices.offset + at] = index;
      o[values.offset + at] = from[start + index * step];
    }
  }
}

const inOrder: Pick = (_x, _start, _step, _n, result) => result;

const sort: Kernel3 = (kind, values, indices, x) => {
  ordered('sort', kind, values, indices, x, attributes[1] === 1, inOrder);
};

const topk: Kernel3 = (kind, values, indices, x) => {
  ordered('topk', kind, values, indices, x, attributes[2] === 1, inOrder);
};

/** How many elements of a row are NaN; sorting put them at its end. */
function countNaN(x: DataArray, start: number, step: number, n: number): number {
  let count = 0;
  while (count < n && Number.isNaN(x[start + order[n - 1 - count] * step])) count++;
  return count;
}

// What attribute 2 asks for.
const KTH = 0;
const MEDIAN = 1;

const kthvalue: Kernel3 = (kind, values, indices, x) => {
  const [, k, wanted] = attributes;
  ordered('kthvalue', kind, values, indices, x, false, (from, start, step, n) => {
    if (wanted === KTH) return k - 1;
    const nans = countNaN(from, start, step, n);
    if (nans === n || (nans > 0 && wanted === MEDIAN)) return n - nans;
    return ((n - nans + 1) >> 1) - 1;
  });
};

const mode: Kernel3 = (kind, values, indices, x) => {
  ordered('mode', kind, values, indices, x, false, (from, start, step, n) => {
    const numbers = n - countNaN(from, start, step, n);
    const at = (i: number): number => from[start + order[i] * step];
    let best = 0;
    let most = 0;
    for (let first = 0, end = 1; first < numbers; first = end++) {
      while (end < numbers && at(end) === at(first)) end++;
      if (end - first <= most) continue;
      most = end - first;
      best = end - 1;
    }
    return most <= 1 && numbers < n ? numbers : best;
  });
};

export const sortKernels = {
  sort: { 3: sort },
  topk: { 3: topk },
  kthvalue: { 3: kthvalue },
  mode: { 3: mode },
};
