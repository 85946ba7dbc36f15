// Grids of coordinates.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkList } from './join.js';
import { expand, reshape } from './shape.js';

export interface MeshgridOptions {
  /** Whether the first tensor runs along dimension 0 ('ij', the default), or along 1 as in pictures ('xy'). */
  indexing?: 'ij' | 'xy';
}

/** @internal */
export const MESHGRID_OPTIONS = optionNames<MeshgridOptions>({ indexing: true });

/**
 * For each of some vectors a view in the shape of them all, in which it runs along its own dimension.
 *
 * @throws ShapeError for more than one dimension; ArgumentError for an empty list or another `indexing`.
 * @example
 * import { meshgrid, tensor } from 'quern';
 * const [rows, columns] = meshgrid([tensor([1, 2]), tensor([3, 4, 5])]);
 * rows.toArray(); // => [[1, 1, 1], [2, 2, 2]]
 * columns.toArray(); // => [[3, 4, 5], [3, 4, 5]]
 */
export function meshgrid(tensors: readonly Tensor[], options: MeshgridOptions = NO_OPTIONS): Tensor[] {
  checkList('meshgrid', tensors);
  checkOptions('meshgrid', options, MESHGRID_OPTIONS);
  const { indexing = 'ij' } = options;
  if (indexing !== 'ij' && indexing !== 'xy') {
    throw new ArgumentError(
      'meshgrid',
      'indexing',
      indexing,
      `indexing is 'ij' or 'xy'; got ${String(indexing)}`,
    );
  }
  for (const x of tensors) {
    if (x.ndim > 1)
      throw new ShapeError('meshgrid', `vectors and scalars are needed; got shape ${showShape(x.shape)}`, [
        x.shape,
      ]);
  }
  const swapped = indexing === 'xy' && tensors.length > 1;
  const axisOf = (i: number): number => (swapped && i < 2 ? 1 - i : i);
  const shape = tensors.map((_, axis) => tensors[axisOf(axis)].size);
  return tensors.map((x, i) => {
    const along = shape.map((_, axis) => (axis === axisOf(i) ? x.size : 1));
    return expand(reshape(x, along), shape);
  });
}
