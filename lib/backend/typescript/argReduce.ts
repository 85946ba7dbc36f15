// The index of the largest or smallest element, along one axis or of all elements.

import type { DataArray } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { Cursor } from './cursor.js';
import { chunkAfter, feeds } from './feed.js';
import type { Kernel2 } from './kernel.js';

/** Which of n ≥ 1 elements, `stride` apart, is the best: the first NaN if there is one, else the first of equals. */
type Pick = (x: DataArray, i: number, stride: number, n: number) => number;

const largest: Pick = (x, i, stride, n) => {
  let best = x[i];
  let at = 0;
  for (let k = 0; k < n; k++, i += stride) {
    const value = x[i];
    if (value > best) {
      best = value;
      at = k;
    } else if (Number.isNaN(value)) {
      return k;
    }
  }
  return at;
};

const smallest: Pick = (x, i, stride, n) => {
  let best = x[i];
  let at = 0;
  for (let k = 0; k < n; k++, i += stride) {
    const value = x[i];
    if (value < best) {
      best = value;
      at = k;
    } else if (Number.isNaN(value)) {
      return k;
    }
  }
  return at;
};

const source = new Cursor();
const target = new Cursor();
// The best of the chunks so far beside the best of the next one.
const pair = new Float64Array(2);

function ofAll(pick: Pick, x: Operand): number {
  if (x.layout.contiguous) return pick(x.slab.view(x.kind), x.offset, 1, x.layout.size);
  const feed = feeds[0];
  feed.aim(x, x.layout);
  let at = 0;
  for (let done = 0; done < x.layout.size; ) {
    const count = chunkAfter(done, x.layout.size);
    const from = feed.take(count);
    const best = pick(feed.array, from, 1, count);
    pair[1] = feed.array[from + best];
    if (done === 0 || pick(pair, 0, 1, 2) === 1) {
      at = done + best;
      pair[0] = pair[1];
    }
    done += count;
  }
  return at;
}

function argReduce(op: string, pick: Pick, out: Operand, x: Operand): void {
  if (out.layout.size === 0) return;
  if (x.layout.size === 0) throw new ShapeError(op, 'has no index among no elements', [x.layout.dims]);
  const o = out.slab.view(out.kind);
  const axis = attributes[0];
  if (axis < 0) {
    o[out.offset] = ofAll(pick, x);
    return;
  }
  const values = x.slab.view(x.kind);
  const stride = x.layout.strides[axis];
  const n = x.layout.dims[axis];
  // The output's dims have a one for the axis, so both walks leave it out.
  source.aim(out.layout.dims, x.layout.strides, x.offset);
  target.aim(out.layout.dims, out.layout.strides, out.offset);
  for (let i = 0; i < out.layout.size; i++) o[target.next()] = pick(values, source.next(), stride, n);
}

export const argReduceKernels: Readonly<Record<'argmax' | 'argmin', { readonly 2: Kernel2 }>> = {
  argmax: { 2: (_kind, out, x) => argReduce('argmax', largest, out, x) },
  argmin: { 2: (_kind, out, x) => argReduce('argmin', smallest, out, x) },
};
