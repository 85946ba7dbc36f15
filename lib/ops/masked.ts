// What stands where a mask is true, and what is put there. Both read the mask's values.

import { BOOL } from '../core/dtype.js';
import { ArgumentError, DTypeError, showShape } from '../core/errors.js';
import { broadcastLayouts } from '../core/layout.js';
import type { Tensor } from '../core/tensor.js';
import { apart, checkFits, checkTensor } from './apply.js';
import { indexSelect } from './gather.js';
import { placesOf } from './nonzero.js';
import { rewrite } from './rewrite.js';
import { indexCopy } from './scatter.js';
import { expandTo, reshape } from './shape.js';
import { narrow } from './slice.js';

function checkMask(op: string, mask: Tensor): void {
  checkTensor(op, mask);
  if (mask.kind !== BOOL) {
    throw new DTypeError(op, `a mask is bool; got ${mask.dtype}: compare, or cast it with to('bool')`, [
      mask.dtype,
    ]);
  }
}

/**
 * The elements of x where a mask of bool is true, in one dimension, in row-major order; the shapes broadcast. Reads
 * the mask's values.
 *
 * @throws ShapeError where the shapes do not broadcast; DTypeError where the mask is not bool.
 * @example
 * import { maskedSelect, tensor } from 'quern';
 * const x = tensor([1, 2, 3]);
 * maskedSelect(x, x.gt(1)).toArray(); // => [2, 3]
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  checkTensor('maskedSelect', x);
  checkMask('maskedSelect', mask);
  const layout = broadcastLayouts('maskedSelect', x.layout, mask.layout);
  const flat = reshape(expandTo(x, layout), [layout.size]);
  return indexSelect(flat, 0, placesOf(expandTo(mask, layout)));
}

/** The first elements of a source, as many as there are places. */
function firstOf(op: string, source: Tensor, count: number): Tensor {
  if (source.size < count) {
    throw new ArgumentError(
      op,
      'source',
      source,
      `the mask has ${count} places and the source of shape ${showShape(source.shape)} only ${source.size} elements`,
    );
  }
  return narrow(reshape(source, [source.size]), 0, 0, count);
}

/**
 * x with the elements of `source`, in their order, where a mask of bool is true; the mask broadcasts to x. Reads the
 * mask's values.
 *
 * @throws ShapeError where the mask does not fit; ArgumentError where the source has too few elements; DTypeError where
 * the mask is not bool or the source is of another dtype than x.
 * @example
 * import { maskedScatter, tensor, zeros } from 'quern';
 * maskedScatter(zeros([3]), tensor([true, false, true]), tensor([5, 7])).toArray(); // => [5, 0, 7]
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  checkTensor('maskedScatter', x);
  checkMask('maskedScatter', mask);
  checkTensor('maskedScatter', source);
  const layout = broadcastLayouts('maskedScatter', x.layout, mask.layout);
  const places = placesOf(expandTo(mask, layout));
  const values = firstOf('maskedScatter', source, places.size);
  const base = reshape(expandTo(x, layout), [layout.size]);
  return reshape(indexCopy(base, 0, places, values), layout.dims);
}

/**
 * {@link maskedScatter} in place: writes into x and answers it.
 *
 * @throws ShapeError where the mask does not fit; ArgumentError where the source has too few elements; DTypeError where
 * the mask is not bool or the source is of another dtype than x; GradientError where autograd would be wrong.
 * @example
 * import { maskedScatter_, tensor, zeros } from 'quern';
 * maskedScatter_(zeros([2]), tensor([true, false]), tensor([5])).toArray(); // => [5, 0]
 */
export function maskedScatter_(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  checkTensor('maskedScatter_', x);
  checkMask('maskedScatter_', mask);
  checkTensor('maskedScatter_', source);
  checkFits('maskedScatter_', x, mask);
  const values = apart(source, x);
  const compute = (before: Tensor): Tensor => maskedScatter(before, mask, values);
  return rewrite('maskedScatter_', x, [values], () => x.copy_(compute(x)), compute);
}
