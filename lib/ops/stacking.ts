// Joining by direction, and cutting at places: NumPy's stacks and splits.

import { ArgumentError } from '../core/errors.js';
import { checkAxis } from '../core/layout.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { checkList, concat } from './join.js';
import { atLeast1d, atLeast2d, atLeast3d } from './shapeAs.js';
import { slice } from './slice.js';

/**
 * Tensors side by side: joined along dimension 1, vectors and scalars along their only one.
 *
 * @throws ShapeError where their other dimensions differ; ArgumentError for an empty list.
 * @example
 * import { hstack, tensor } from 'quern';
 * hstack([tensor([[1], [2]]), tensor([[3], [4]])]).toArray(); // => [[1, 3], [2, 4]]
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  checkList('hstack', tensors);
  const parts = tensors.map(atLeast1d);
  return concat(parts, parts[0].ndim === 1 ? 0 : 1);
}

/**
 * Tensors one below the other: joined along dimension 0, vectors as rows.
 *
 * @throws ShapeError where their other dimensions differ; ArgumentError for an empty list.
 * @example
 * import { tensor, vstack } from 'quern';
 * vstack([tensor([1, 2]), tensor([3, 4])]).toArray(); // => [[1, 2], [3, 4]]
 */
export function vstack(tensors: readonly Tensor[]): Tensor {
  checkList('vstack', tensors);
  return concat(tensors.map(atLeast2d), 0);
}

/**
 * Tensors one behind the other: joined along dimension 2, vectors as (1, n, 1) and matrices as (n, m, 1).
 *
 * @throws ShapeError where their other dimensions differ; ArgumentError for an empty list.
 * @example
 * import { dstack, tensor } from 'quern';
 * dstack([tensor([1, 2]), tensor([3, 4])]).toArray(); // => [[[1, 3], [2, 4]]]
 */
export function dstack(tensors: readonly Tensor[]): Tensor {
  checkList('dstack', tensors);
  return concat(tensors.map(atLeast3d), 2);
}

/**
 * Views of parts along `dim`: of so many as a number says, the first ones longer by one where they cannot be equal;
 * or cut before each of some indices, as `slice` would take them.
 *
 * @throws ArgumentError where the number is not whole from 1 or an index not whole; ShapeError where dim is out of
 * range.
 * @example
 * import { arange, tensorSplit } from 'quern';
 * tensorSplit(arange(5), 2).map((part) => part.toArray()); // => [[0, 1, 2], [3, 4]]
 * tensorSplit(arange(5), [1, 3]).map((part) => part.toArray()); // => [[0], [1, 2], [3, 4]]
 */
export function tensorSplit(x: Tensor, indicesOrSections: number | readonly number[], dim = 0): Tensor[] {
  checkTensor('tensorSplit', x);
  const axis = checkAxis('tensorSplit', dim, x.ndim);
  const size = x.shape[axis] ?? 0;
  const cuts = typeof indicesOrSections === 'number' ? sections(indicesOrSections, size) : indicesOrSections;
  if (!Array.isArray(cuts) || !cuts.every(Number.isInteger)) {
    throw new ArgumentError(
      'tensorSplit',
      'indicesOrSections',
      indicesOrSections,
      `indices are whole numbers; got ${String(indicesOrSections)}`,
    );
  }
  return Array.from({ length: cuts.length + 1 }, (_, i) =>
    slice(x, axis, { start: cuts[i - 1] ?? 0, end: cuts[i] ?? size }),
  );
}

/** Where so many parts of a dimension begin, the first apart. */
function sections(count: number, size: number): number[] {
  if (!Number.isInteger(count) || count < 1) {
    throw new ArgumentError(
      'tensorSplit',
      'indicesOrSections',
      count,
      `sections are a whole number from 1; got ${count}`,
    );
  }
  const each = Math.floor(size / count);
  const longer = size % count;
  return Array.from({ length: count - 1 }, (_, i) => each * (i + 1) + Math.min(i + 1, longer));
}
