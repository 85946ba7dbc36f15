// Shapes: views without copies, and copies where a view cannot be.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import {
  checkAxis,
  checkAxisList,
  checkShape,
  denseLayout,
  type Layout,
  stridedLayout,
  transposedLayout,
} from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues, rule } from './apply.js';

const RESHAPE = rule('reshape', { a: [0, (n, g) => rowMajor(g, (n.a as Tensor).layout.dense)], view: true });
// The same where the elements had to be copied.
const RESHAPE_COPY = rule('reshape', { a: [0, (n, g) => rowMajor(g, (n.a as Tensor).layout.dense)] });
const CLONE = rule('clone', { a: [0, (_n, g) => g] });
const PERMUTE = rule('permute', {
  a: [0, (n, g) => permute(g, inverse(n.saved as readonly number[]))],
  view: true,
});
const EXPAND = rule('expand', { a: [0, (_n, g) => g], view: true });

function inverse(axes: readonly number[]): number[] {
  const back = new Array<number>(axes.length);
  for (let i = 0; i < axes.length; i++) back[axes[i]] = i;
  return back;
}

/** A view with another layout of the same elements, recorded under RESHAPE. @internal */
export function reshaped(op: string, x: Tensor, layout: Layout): Tensor {
  const out = makeView(op, x, layout, x.offset);
  record1(RESHAPE, out, x, null);
  return out;
}

function sizeOf(dims: readonly number[]): number {
  let size = 1;
  for (let i = 0; i < dims.length; i++) size *= dims[i];
  return size;
}

/** Fills in the one dimension given as -1. */
function resolve(op: string, shape: readonly number[], x: Tensor): readonly number[] {
  if (!Array.isArray(shape)) checkShape(op, shape);
  const at = shape.indexOf(-1);
  let dims = shape;
  if (at >= 0) {
    // The -1 itself turns the sign.
    const others = -sizeOf(shape);
    if (shape.indexOf(-1, at + 1) >= 0)
      throw new ShapeError(op, `only one dimension can be -1; got ${showShape(shape)}`, [shape]);
    const dim = x.size / others;
    if (!Number.isInteger(dim)) {
      throw new ShapeError(
        op,
        `${x.size} elements of shape ${showShape(x.shape)} do not divide into ${showShape(shape)}`,
        [x.shape, shape],
      );
    }
    dims = shape.map((old, i) => (i === at ? dim : old));
  }
  checkShape(op, dims);
  if (sizeOf(dims) !== x.size) {
    throw new ShapeError(
      op,
      `${x.size} elements of shape ${showShape(x.shape)} do not fill ${showShape(dims)}`,
      [x.shape, dims],
    );
  }
  return dims;
}

/** The strides that show x in other dims without a copy; null where there are none. */
function viewStrides(x: Layout, dims: readonly number[]): number[] | null {
  const strides = new Array<number>(dims.length);
  // Runs of old dims that are contiguous among themselves are cut into runs of new ones, from the last.
  let view = dims.length - 1;
  let chunkStride = x.rank > 0 ? x.strides[x.rank - 1] : 1;
  let oldCount = 1;
  let newCount = 1;
  for (let i = x.rank - 1; i >= 0; i--) {
    oldCount *= x.dims[i];
    const ends = i === 0 || (x.dims[i - 1] !== 1 && x.strides[i - 1] !== oldCount * chunkStride);
    if (!ends) continue;
    while (view >= 0 && (newCount < oldCount || dims[view] === 1)) {
      strides[view] = newCount * chunkStride;
      newCount *= dims[view--];
    }
    if (newCount !== oldCount) return null;
    if (i > 0) chunkStride = x.strides[i - 1];
    oldCount = 1;
    newCount = 1;
  }
  while (view >= 0) strides[view--] = 1;
  return strides;
}

/**
 * The same elements, row-major, in another shape; one dimension may be -1. A view where the layout allows, else a
 * copy.
 *
 * @throws ShapeError where the number of elements differs.
 * @example
 * import { arange, reshape } from 'quern';
 * reshape(arange(6), [2, -1]).toArray(); // => [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('reshape', x);
  return rowMajor(x, denseLayout(resolve('reshape', shape, x)));
}

/** The elements of x, row-major, in a dense layout of as many: a view or a copy. @internal */
export function rowMajor(x: Tensor, layout: Layout): Tensor {
  if (x.isContiguous) return reshaped('reshape', x, layout);
  const strides = viewStrides(x.layout, layout.dims);
  if (strides !== null) return reshaped('reshape', x, stridedLayout(layout.dims, strides));
  const out = makeTensor(layout, x.kind);
  const place = makeView('reshape', out, x.layout.dense, out.offset);
  copyValues(place, x);
  place.dispose();
  record1(RESHAPE_COPY, out, x, null);
  return out;
}

/**
 * A view of the same elements in another shape; one dimension may be -1.
 *
 * @throws ShapeError where the layout would need a copy, or the number of elements differs.
 * @example
 * import { arange, view } from 'quern';
 * view(arange(4), [2, 2]).toArray(); // => [[0, 1], [2, 3]]
 */
export function view(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('view', x);
  const dims = resolve('view', shape, x);
  const strides = viewStrides(x.layout, dims);
  if (strides === null && x.size > 0) {
    throw new ShapeError(
      'view',
      `a tensor of shape ${showShape(x.shape)} and strides ${showShape(x.strides)} has no view of shape ` +
        `${showShape(dims)}; use reshape(), which copies`,
      [x.shape, dims],
    );
  }
  return reshaped('view', x, stridedLayout(dims, strides ?? []));
}

export interface FlattenOptions {
  /** The first dimension that is merged. Default 0. */
  startDim?: number;
  /** The last. Default −1. */
  endDim?: number;
}

/** @internal */
export const FLATTEN_OPTIONS = optionNames<FlattenOptions>({ startDim: true, endDim: true });

/**
 * Merges the dimensions from `startDim` to `endDim` (by default all) into one.
 *
 * @throws ShapeError where a dim is out of range.
 * @example
 * import { flatten, zeros } from 'quern';
 * flatten(zeros([2, 3, 4]), { startDim: 1 }).shape; // => [2, 12]
 */
export function flatten(x: Tensor, options: FlattenOptions = NO_OPTIONS): Tensor {
  checkTensor('flatten', x);
  checkOptions('flatten', options, FLATTEN_OPTIONS);
  const start = checkAxis('flatten', options.startDim ?? 0, x.ndim);
  const end = checkAxis('flatten', options.endDim ?? -1, x.ndim);
  if (start > end) throw new ShapeError('flatten', `startDim ${start} lies after endDim ${end}`, [x.shape]);
  const dims = x.shape.slice(0, start + 1);
  for (let i = start + 1; i <= end; i++) dims[start] *= x.shape[i];
  for (let i = end + 1; i < x.ndim; i++) dims.push(x.shape[i]);
  return rowMajor(x, denseLayout(x.ndim === 0 ? [1] : dims));
}

/**
 * Splits one dimension into several, of which one may be -1.
 *
 * @throws ShapeError where the sizes do not multiply to the dimension.
 * @example
 * import { unflatten, zeros } from 'quern';
 * unflatten(zeros([2, 12]), 1, [3, -1]).shape; // => [2, 3, 4]
 */
export function unflatten(x: Tensor, dim: number, sizes: readonly number[]): Tensor {
  checkTensor('unflatten', x);
  const axis = checkAxis('unflatten', dim, x.ndim);
  if (!Array.isArray(sizes)) checkShape('unflatten', sizes);
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const filled = sizes.map((size) => (size === -1 ? x.shape[axis] / known : size));
  if (filled.reduce((product, size) => product * size, 1) !== x.shape[axis]) {
    throw new ShapeError(
      'unflatten',
      `dim ${axis} of ${showShape(x.shape)} does not split into ${showShape(sizes)}`,
      [x.shape, sizes],
    );
  }
  return reshape(x, [...x.shape.slice(0, axis), ...filled, ...x.shape.slice(axis + 1)]);
}

/**
 * A view without the dimensions of size 1, or without `dim` where that has size 1.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { squeeze, zeros } from 'quern';
 * squeeze(zeros([1, 3, 1])).shape; // => [3]
 */
export function squeeze(x: Tensor, dim?: number): Tensor {
  checkTensor('squeeze', x);
  const axis = dim === undefined ? -1 : checkAxis('squeeze', dim, x.ndim);
  const kept: number[] = [];
  for (let i = 0; i < x.ndim; i++) if (x.shape[i] !== 1 || (axis >= 0 && i !== axis)) kept.push(i);
  const layout = stridedLayout(
    kept.map((i) => x.shape[i]),
    kept.map((i) => x.strides[i]),
  );
  return reshaped('squeeze', x, layout);
}

/**
 * A view with a dimension of size 1 before `dim`.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { unsqueeze, zeros } from 'quern';
 * unsqueeze(zeros([3]), 0).shape; // => [1, 3]
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  checkTensor('unsqueeze', x);
  const axis = checkAxis('unsqueeze', dim, x.ndim + 1);
  const step = axis < x.ndim ? x.shape[axis] * x.strides[axis] : 1;
  const dims = x.shape.toSpliced(axis, 0, 1);
  const strides = x.strides.toSpliced(axis, 0, step);
  return reshaped('unsqueeze', x, stridedLayout(dims, strides));
}

/**
 * A view with the dimensions in another order: dimension i of the result is `dims[i]` of x.
 *
 * @throws ShapeError where dims is no permutation.
 * @example
 * import { permute, zeros } from 'quern';
 * permute(zeros([2, 3, 4]), [2, 0, 1]).shape; // => [4, 2, 3]
 */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  checkTensor('permute', x);
  const axes = checkAxisList('permute', dims, x.ndim);
  if (axes.length !== x.ndim || axes.some((axis, i) => axes.indexOf(axis) !== i)) {
    throw new ShapeError(
      'permute',
      `${showShape(dims)} is no permutation of the ${x.ndim} dimensions of ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  return permuted('permute', x, axes);
}

function permuted(op: string, x: Tensor, axes: readonly number[]): Tensor {
  const { dims, strides } = x.layout;
  const turnedDims = new Array<number>(axes.length);
  const turnedStrides = new Array<number>(axes.length);
  for (let i = 0; i < axes.length; i++) {
    turnedDims[i] = dims[axes[i]];
    turnedStrides[i] = strides[axes[i]];
  }
  const out = makeView(op, x, stridedLayout(turnedDims, turnedStrides), x.offset);
  record1(PERMUTE, out, x, axes);
  return out;
}

const TRANSPOSE = rule('transpose', { a: [0, (_n, g) => matrixTranspose(g)], view: true });

/** A view with the last two dimensions exchanged. @internal */
export function matrixTranspose(x: Tensor): Tensor {
  const out = makeView('transpose', x, transposedLayout(x.layout), x.offset);
  record1(TRANSPOSE, out, x, null);
  return out;
}

/**
 * A view with two dimensions exchanged.
 *
 * @throws ShapeError where a dim is out of range.
 * @example
 * import { tensor, transpose } from 'quern';
 * transpose(tensor([[1, 2], [3, 4]]), 0, 1).toArray(); // => [[1, 3], [2, 4]]
 */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  checkTensor('transpose', x);
  const a = checkAxis('transpose', dim0, x.ndim);
  const b = checkAxis('transpose', dim1, x.ndim);
  if (a === b) return reshaped('transpose', x, x.layout);
  if (a + b === 2 * x.ndim - 3 && Math.abs(a - b) === 1) return matrixTranspose(x);
  const axes = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return permuted('transpose', x, axes);
}

/**
 * The transpose of a matrix: a view with its two dimensions exchanged. Vectors and scalars stay as they are.
 *
 * @throws ShapeError from three dimensions on.
 * @example
 * import { t, tensor } from 'quern';
 * t(tensor([[1, 2, 3]])).shape; // => [3, 1]
 */
export function t(x: Tensor): Tensor {
  checkTensor('t', x);
  if (x.ndim > 2)
    throw new ShapeError(
      't',
      `a matrix is needed; got shape ${showShape(x.shape)}: use transpose or permute`,
      [x.shape],
    );
  return x.ndim < 2 ? reshaped('t', x, x.layout) : matrixTranspose(x);
}

/**
 * A view with the dimension `source` moved to `destination`, the others in their order.
 *
 * @throws ShapeError where a dim is out of range.
 * @example
 * import { movedim, zeros } from 'quern';
 * movedim(zeros([2, 3, 4]), 0, -1).shape; // => [3, 4, 2]
 */
export function movedim(x: Tensor, source: number, destination: number): Tensor {
  checkTensor('movedim', x);
  const from = checkAxis('movedim', source, x.ndim);
  const to = checkAxis('movedim', destination, x.ndim);
  const axes = x.shape.map((_, i) => i);
  axes.splice(to, 0, ...axes.splice(from, 1));
  return permuted('movedim', x, axes);
}

/**
 * A view in which dimensions of size 1 are repeated to the sizes asked for, and new ones stand in front; -1 keeps
 * a size.
 *
 * @throws ShapeError where a dimension that is not 1 would have to change.
 * @example
 * import { expand, tensor } from 'quern';
 * expand(tensor([[1], [2]]), [2, 3]).toArray(); // => [[1, 1, 1], [2, 2, 2]]
 */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('expand', x);
  if (!Array.isArray(shape)) checkShape('expand', shape);
  const lead = shape.length - x.ndim;
  const dims = shape.map((dim, i) => (dim === -1 && i >= lead ? x.shape[i - lead] : dim));
  checkShape('expand', dims);
  const fits = lead >= 0 && x.shape.every((dim, i) => dim === 1 || dim === dims[i + lead]);
  if (!fits)
    throw new ShapeError('expand', `${showShape(x.shape)} does not expand to ${showShape(shape)}`, [
      x.shape,
      shape,
    ]);
  return expandTo(x, denseLayout(dims));
}

/** Expands to the dims of a dense layout to which x is known to broadcast. @internal */
export function expandTo(x: Tensor, target: Layout): Tensor {
  const memo = x.layout.expansion;
  if (memo.partner !== target) {
    const lead = target.rank - x.ndim;
    const strides = target.dims.map((dim, i) =>
      i < lead || x.shape[i - lead] !== dim ? 0 : x.strides[i - lead],
    );
    memo.answer = stridedLayout(target.dims, strides);
    memo.partner = target;
  }
  const out = makeView('expand', x, memo.answer as Layout, x.offset);
  record1(EXPAND, out, x, null);
  return out;
}

/**
 * The same as {@link expand}, by the name that PyTorch and NumPy share.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { broadcastTo, tensor } from 'quern';
 * broadcastTo(tensor([1, 2]), [2, 2]).toArray(); // => [[1, 2], [1, 2]]
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return expand(x, shape);
}

/**
 * x itself where its elements lie in row-major order, else a copy in which they do.
 *
 * @example
 * import { contiguous, tensor } from 'quern';
 * contiguous(tensor([[1, 2], [3, 4]]).t()).isContiguous; // => true
 */
export function contiguous(x: Tensor): Tensor {
  checkTensor('contiguous', x);
  return x.isContiguous ? x : clone(x);
}

/**
 * A copy with memory of its own, in row-major order; gradients flow through it.
 *
 * @example
 * import { clone, tensor } from 'quern';
 * const x = tensor([1, 2]);
 * clone(x).add_(1);
 * x.toArray(); // => [1, 2]
 */
export function clone(x: Tensor): Tensor {
  checkTensor('clone', x);
  const out = makeTensor(x.layout.dense, x.kind);
  copyValues(out, x);
  record1(CLONE, out, x, null);
  return out;
}

/**
 * The same memory without history: no gradient flows through the result.
 *
 * @example
 * import { detach, tensor } from 'quern';
 * detach(tensor([1], { requiresGrad: true }).mul(2)).requiresGrad; // => false
 */
export function detach(x: Tensor): Tensor {
  checkTensor('detach', x);
  return makeView('detach', x, x.layout, x.offset);
}

/** Checks a list of axes, or all of them for undefined; answers them in rising order. @internal */
export function checkAxes(
  op: string,
  dim: number | readonly number[] | undefined,
  rank: number,
): readonly number[] | null {
  if (dim === undefined) return null;
  const list = typeof dim === 'number' ? [dim] : dim;
  if (!Array.isArray(list))
    throw new ArgumentError(op, 'dim', dim, `dim is a number or an array of numbers; got ${String(dim)}`);
  const axes = list.map((axis) => checkAxis(op, axis, rank)).sort((a, b) => a - b);
  if (new Set(axes).size !== axes.length)
    throw new ShapeError(op, `dim names an axis twice: ${showShape(list)}`);
  return axes;
}
