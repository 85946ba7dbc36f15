// Repeating a tensor: whole, or element by element.

import { INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { checkAxis, checkShape, denseLayout } from '../core/layout.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { indexSelect } from './gather.js';
import { dataSync } from './read.js';
import { clone, expand, reshape } from './shape.js';

/** x, made as long as `counts` by dimensions of one in front, with each dimension i repeated counts[i] times. */
function repeated(x: Tensor, counts: readonly number[]): Tensor {
  const dims = [...new Array<number>(counts.length - x.ndim).fill(1), ...x.shape];
  const total = dims.map((dim, i) => dim * counts[i]);
  // A dimension that is one needs no second beside it: expanding it repeats it.
  const narrow: number[] = [];
  const wide: number[] = [];
  for (let i = 0; i < dims.length; i++) {
    if (dims[i] !== 1 && counts[i] !== 1) {
      narrow.push(1);
      wide.push(counts[i]);
    }
    narrow.push(dims[i]);
    wide.push(dims[i] === 1 ? counts[i] : dims[i]);
  }
  const out = reshape(expand(reshape(x, narrow), wide), total);
  // Where the expanded view was no other shape than the result, nothing was copied yet.
  return out.root === x.root ? clone(out) : out;
}

/**
 * x repeated sizes[i] times along each dimension i. There are at least as many sizes as dimensions; those too many
 * make new dimensions in front.
 *
 * @throws ShapeError where there are fewer sizes than dimensions, or a size is not a whole number from 0.
 * @example
 * import { repeat, tensor } from 'quern';
 * repeat(tensor([1, 2]), [2, 2]).toArray(); // => [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export function repeat(x: Tensor, sizes: readonly number[]): Tensor {
  checkTensor('repeat', x);
  checkShape('repeat', sizes);
  if (sizes.length < x.ndim) {
    throw new ShapeError(
      'repeat',
      `${sizes.length} sizes are fewer than the ${x.ndim} dimensions of ${showShape(x.shape)}; use tile, which fills up with 1`,
      [x.shape, sizes],
    );
  }
  return repeated(x, sizes);
}

/**
 * x repeated dims[i] times along each dimension i, as {@link repeat}; where there are fewer dims than dimensions, the
 * first dimensions stay as they are.
 *
 * @throws ShapeError where one of dims is not a whole number from 0.
 * @example
 * import { tensor, tile } from 'quern';
 * tile(tensor([[1, 2], [3, 4]]), [2]).toArray(); // => [[1, 2, 1, 2], [3, 4, 3, 4]]
 */
export function tile(x: Tensor, dims: readonly number[]): Tensor {
  checkTensor('tile', x);
  checkShape('tile', dims);
  const missing = Math.max(0, x.ndim - dims.length);
  return repeated(x, [...new Array<number>(missing).fill(1), ...dims]);
}

/** The index list in which each i stands counts[i] times. */
function spelledOut(counts: Tensor, size: number): Tensor {
  const values = dataSync(counts);
  const countOf = (i: number): number => values[values.length === 1 ? 0 : i];
  let total = 0;
  for (let i = 0; i < size; i++) {
    const count = countOf(i);
    if (!Number.isInteger(count) || count < 0) {
      throw new ArgumentError(
        'repeatInterleave',
        'repeats',
        count,
        `repeats are whole numbers from 0; got ${count}`,
      );
    }
    total += count;
  }
  const list = makeTensor(denseLayout([total]), INT32);
  const data = list.slab.view(INT32);
  let at = list.offset;
  for (let i = 0; i < size; i++) {
    const end = at + countOf(i);
    data.fill(i, at, end);
    at = end;
  }
  return list;
}

/**
 * Each element along `dim` repeated in place: as often as a number says, or element i as often as the i-th of an
 * int32 tensor, whose values are then read. Without `dim` of the flattened x.
 *
 * @throws ArgumentError where a count is not a whole number from 0; ShapeError where there are not as many counts as
 * elements; DTypeError where the counts are floating.
 * @example
 * import { repeatInterleave, tensor } from 'quern';
 * repeatInterleave(tensor([1, 2]), 2).toArray(); // => [1, 1, 2, 2]
 * repeatInterleave(tensor([1, 2]), tensor([3, 1], { dtype: 'int32' })).toArray(); // => [1, 1, 1, 2]
 */
export function repeatInterleave(x: Tensor, repeats: number | Tensor, dim?: number): Tensor {
  checkTensor('repeatInterleave', x);
  if (dim === undefined) return repeatInterleave(reshape(x, [-1]), repeats, 0);
  const axis = checkAxis('repeatInterleave', dim, x.ndim);
  if (x.ndim === 0) return repeatInterleave(reshape(x, [1]), repeats, 0);
  const size = x.shape[axis];
  if (repeats instanceof Tensor) {
    checkTensor('repeatInterleave', repeats);
    if (isFloatKind(repeats.kind)) {
      throw new DTypeError(
        'repeatInterleave',
        `repeats are int32; got ${repeats.dtype}: cast them with to('int32')`,
        [repeats.dtype],
      );
    }
    if (repeats.ndim > 1 || (repeats.size !== size && repeats.size !== 1)) {
      throw new ShapeError(
        'repeatInterleave',
        `repeats of shape ${showShape(repeats.shape)} do not fit dim ${axis} of size ${size}: one number is needed for each`,
        [x.shape, repeats.shape],
      );
    }
    return indexSelect(x, axis, spelledOut(repeats, size));
  }
  if (!Number.isInteger(repeats) || repeats < 0) {
    throw new ArgumentError(
      'repeatInterleave',
      'repeats',
      repeats,
      `repeats is a whole number from 0, or an int32 tensor; got ${String(repeats)}`,
    );
  }
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const wide = expand(reshape(x, [...before, size, 1, ...after]), [...before, size, repeats, ...after]);
  const out = reshape(wide, [...before, size * repeats, ...after]);
  return out.root === x.root ? clone(out) : out;
}
