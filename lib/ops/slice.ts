// Parts of a tensor as views, and their gradients.

import { ArgumentError, IndexError, ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { checkAxis, orderedLayout, stridedLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeView, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues, rule } from './apply.js';
import { zerosOf } from './create.js';

/** A part of one dimension: `length` elements from `start`, `step` apart. */
interface Part {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

/** One index of a dimension. */
interface Place {
  readonly axis: number;
  readonly at: number;
}

const SLICE = rule('slice', {
  a: [0, (n, g) => placed(g, n.a as Tensor, n.saved as Part)],
  view: true,
  within: (n, whole) => window('slice', whole, n.saved as Part),
});
const SLICE_GRAD = rule('sliceGrad', { a: [0, (n, g) => part('slice', g, n.saved as Part)] });
const SELECT = rule('select', {
  a: [0, (n, g) => placedAt(g, n.a as Tensor, n.saved as Place)],
  view: true,
  within: (n, whole) => picked('select', whole, n.saved as Place),
});
const SELECT_GRAD = rule('selectGrad', { a: [0, (n, g) => indexed('select', g, n.saved as Place)] });

function window(op: string, x: Tensor, { axis, start, length, step }: Part): Tensor {
  const dims = x.shape.slice();
  const strides = x.strides.slice();
  dims[axis] = length;
  const offset = length === 0 ? x.offset : x.offset + start * strides[axis];
  strides[axis] *= step;
  return makeView(op, x, stridedLayout(dims, strides), offset);
}

function part(op: string, x: Tensor, where: Part): Tensor {
  const out = window(op, x, where);
  record1(SLICE, out, x, where);
  return out;
}

/** Zeros that lie as a tensor does, with g where the part was taken. */
function placed(g: Tensor, like: Tensor, where: Part): Tensor {
  const out = zerosOf(orderedLayout(like.layout), g.kind);
  fill(window('sliceGrad', out, where), g);
  record1(SLICE_GRAD, out, g, where);
  return out;
}

function fill(target: Tensor, source: Tensor): void {
  copyValues(target, source);
  target.dispose();
}

function picked(op: string, x: Tensor, { axis, at }: Place): Tensor {
  const { dims, strides, rank } = x.layout;
  const otherDims = new Array<number>(rank - 1);
  const otherStrides = new Array<number>(rank - 1);
  for (let i = 0; i < rank - 1; i++) {
    const from = i < axis ? i : i + 1;
    otherDims[i] = dims[from];
    otherStrides[i] = strides[from];
  }
  return makeView(op, x, stridedLayout(otherDims, otherStrides), x.offset + at * strides[axis]);
}

function indexed(op: string, x: Tensor, where: Place): Tensor {
  const out = picked(op, x, where);
  record1(SELECT, out, x, where);
  return out;
}

/** Zeros that lie as a tensor does, with g at the index that was taken. */
function placedAt(g: Tensor, like: Tensor, where: Place): Tensor {
  const out = zerosOf(orderedLayout(like.layout), g.kind);
  fill(picked('selectGrad', out, where), g);
  record1(SELECT_GRAD, out, g, where);
  return out;
}

/**
 * A view of `length` elements along `dim`, from `start` on, which may count from the end.
 *
 * @throws IndexError where the part does not lie inside; ShapeError where dim is out of range.
 * @example
 * import { arange, narrow } from 'quern';
 * narrow(arange(5), 0, 1, 3).toArray(); // => [1, 2, 3]
 */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  checkTensor('narrow', x);
  checkDimensions('narrow', x);
  const axis = checkAxis('narrow', dim, x.ndim);
  const size = x.shape[axis];
  const from = start < 0 ? start + size : start;
  if (
    !Number.isInteger(from) ||
    !Number.isInteger(length) ||
    from < 0 ||
    length < 0 ||
    from + length > size
  ) {
    throw new IndexError(
      'narrow',
      `start ${start} and length ${length} do not lie inside dim ${axis} of size ${size}`,
      start,
      size,
    );
  }
  return part('narrow', x, { axis, start: from, length, step: 1 });
}

function checkDimensions(op: string, x: Tensor): void {
  if (x.ndim === 0) throw new ShapeError(op, 'a tensor without dimensions has no parts', [x.shape]);
}

export interface SliceOptions {
  /** The first index; negative ones count from the end. Default 0. */
  start?: number;
  /** The index after the last; negative ones count from the end. Default: the size. */
  end?: number;
  /** From one element to the next. Default 1. */
  step?: number;
}

/** @internal */
export const SLICE_OPTIONS = optionNames<SliceOptions>({ start: true, end: true, step: true });

/**
 * A view of part of a dimension, as Python's `x[start:end:step]`: bounds beyond the ends are cut to them.
 *
 * @throws ShapeError where dim is out of range; ArgumentError where step is not a whole number from 1.
 * @example
 * import { arange, slice } from 'quern';
 * slice(arange(6), 0, { start: 1, end: -1, step: 2 }).toArray(); // => [1, 3]
 */
export function slice(x: Tensor, dim: number, options: SliceOptions = NO_OPTIONS): Tensor {
  checkTensor('slice', x);
  checkOptions('slice', options, SLICE_OPTIONS);
  checkDimensions('slice', x);
  const axis = checkAxis('slice', dim, x.ndim);
  const size = x.shape[axis];
  const { start = 0, end = size, step = 1 } = options;
  if (!Number.isInteger(step) || step < 1) {
    throw new ArgumentError('slice', 'step', step, `step is a whole number from 1; got ${step}`);
  }
  const from = bound('start', start, size);
  const to = bound('end', end, size);
  return part('slice', x, { axis, start: from, length: Math.max(0, Math.ceil((to - from) / step)), step });
}

function bound(name: string, value: number, size: number): number {
  if (!Number.isInteger(value))
    throw new ArgumentError('slice', name, value, `${name} is a whole number; got ${value}`);
  return Math.min(size, Math.max(0, value < 0 ? value + size : value));
}

/**
 * A view of one index along `dim`, without that dimension.
 *
 * @throws IndexError where the index is out of range; ShapeError where dim is.
 * @example
 * import { select, tensor } from 'quern';
 * select(tensor([[1, 2], [3, 4]]), 0, -1).toArray(); // => [3, 4]
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  checkTensor('select', x);
  checkDimensions('select', x);
  const axis = checkAxis('select', dim, x.ndim);
  const size = x.shape[axis];
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new IndexError(
      'select',
      `index ${index} is out of range for dim ${axis} of size ${size} in shape ${showShape(x.shape)}`,
      index,
      size,
    );
  }
  return indexed('select', x, { axis, at: index < 0 ? index + size : index });
}
