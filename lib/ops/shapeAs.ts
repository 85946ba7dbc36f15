// Shapes by other names, and shapes taken from other tensors.

import { ArgumentError } from '../core/errors.js';
import { broadcastLayouts, type Layout } from '../core/layout.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { expand, expandTo, reshape, transpose, view } from './shape.js';

/**
 * All elements in one dimension: a view where the layout allows, else a copy.
 *
 * @example
 * import { ravel, tensor } from 'quern';
 * ravel(tensor([[1, 2], [3, 4]])).toArray(); // => [1, 2, 3, 4]
 */
export function ravel(x: Tensor): Tensor {
  checkTensor('ravel', x);
  return reshape(x, [x.size]);
}

/**
 * The same as {@link transpose}, by NumPy's name.
 *
 * @throws ShapeError where a dim is out of range.
 * @example
 * import { swapaxes, zeros } from 'quern';
 * swapaxes(zeros([2, 3, 4]), 0, 2).shape; // => [4, 3, 2]
 */
export function swapaxes(x: Tensor, axis0: number, axis1: number): Tensor {
  return transpose(x, axis0, axis1);
}

/**
 * x {@link view}ed in the shape of another tensor.
 *
 * @throws ShapeError where the layout would need a copy, or the number of elements differs.
 * @example
 * import { arange, viewAs, zeros } from 'quern';
 * viewAs(arange(4), zeros([2, 2])).toArray(); // => [[0, 1], [2, 3]]
 */
export function viewAs(x: Tensor, other: Tensor): Tensor {
  checkTensor('viewAs', other);
  return view(x, other.shape);
}

/**
 * x {@link reshape}d to the shape of another tensor.
 *
 * @throws ShapeError where the number of elements differs.
 * @example
 * import { arange, reshapeAs, zeros } from 'quern';
 * reshapeAs(arange(4), zeros([2, 2])).toArray(); // => [[0, 1], [2, 3]]
 */
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  checkTensor('reshapeAs', other);
  return reshape(x, other.shape);
}

/**
 * x {@link expand}ed to the shape of another tensor.
 *
 * @throws ShapeError where it does not broadcast to that.
 * @example
 * import { expandAs, tensor, zeros } from 'quern';
 * expandAs(tensor([[1], [2]]), zeros([2, 2])).toArray(); // => [[1, 1], [2, 2]]
 */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  checkTensor('expandAs', other);
  return expand(x, other.shape);
}

/**
 * Views of all tensors in the shape to which they broadcast together.
 *
 * @throws ShapeError where they do not; ArgumentError for what is no list of tensors.
 * @example
 * import { broadcastTensors, tensor } from 'quern';
 * const [a, b] = broadcastTensors([tensor([[1], [2]]), tensor([3, 4])]);
 * [a.toArray(), b.toArray()]; // => [[[1, 1], [2, 2]], [[3, 4], [3, 4]]]
 */
export function broadcastTensors(tensors: readonly Tensor[]): Tensor[] {
  if (!Array.isArray(tensors)) {
    throw new ArgumentError('broadcastTensors', 'tensors', tensors, 'an array of tensors is needed');
  }
  for (const x of tensors) checkTensor('broadcastTensors', x);
  if (tensors.length === 0) return [];
  const target = tensors.reduce<Layout>(
    (layout, x) => broadcastLayouts('broadcastTensors', layout, x.layout),
    tensors[0].layout,
  );
  return tensors.map((x) => expandTo(x, target.dense));
}

/**
 * x with one dimension at least: a scalar becomes a vector of one.
 *
 * @example
 * import { atLeast1d, tensor } from 'quern';
 * atLeast1d(tensor(5)).shape; // => [1]
 */
export function atLeast1d(x: Tensor): Tensor {
  checkTensor('atLeast1d', x);
  return x.ndim === 0 ? reshape(x, [1]) : x;
}

/**
 * x with two dimensions at least: a vector becomes a row.
 *
 * @example
 * import { atLeast2d, zeros } from 'quern';
 * atLeast2d(zeros([3])).shape; // => [1, 3]
 */
export function atLeast2d(x: Tensor): Tensor {
  checkTensor('atLeast2d', x);
  return x.ndim < 2 ? reshape(x, [1, x.size]) : x;
}

/**
 * x with three dimensions at least: a vector becomes (1, n, 1), a matrix (n, m, 1).
 *
 * @example
 * import { atLeast3d, zeros } from 'quern';
 * atLeast3d(zeros([2, 3])).shape; // => [2, 3, 1]
 */
export function atLeast3d(x: Tensor): Tensor {
  checkTensor('atLeast3d', x);
  if (x.ndim < 2) return reshape(x, [1, x.size, 1]);
  return x.ndim === 2 ? reshape(x, [...x.shape, 1]) : x;
}
