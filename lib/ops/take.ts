// Reading and writing by places in the flattened tensor, and along a dimension with shapes that broadcast.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32 } from '../core/dtype.js';
import { ShapeError, showShape } from '../core/errors.js';
import { broadcastLayouts, checkAxis, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { apart, castTo, checkTensor } from './apply.js';
import { flatIndex } from './flatIndex.js';
import { checkIndex, checkSource, gather, indexAdd, indexSelect } from './gather.js';
import { rewrite } from './rewrite.js';
import { indexCopy } from './scatter.js';
import { expand, reshape } from './shape.js';

/**
 * The elements of the flattened x at some places, in the shape of `index`; negative ones count from the end.
 *
 * @throws IndexError where a place is out of range; DTypeError where the index is not int32.
 * @example
 * import { take, tensor } from 'quern';
 * take(tensor([[1, 2], [3, 4]]), tensor([3, 0], { dtype: 'int32' })).toArray(); // => [4, 1]
 */
export function take(x: Tensor, index: Tensor): Tensor {
  checkTensor('take', x);
  const at = flatIndex('take', [checkIndex('take', index)], [x.size], [0]);
  return reshape(indexSelect(reshape(x, [x.size]), 0, reshape(at, [at.size])), index.shape);
}

/**
 * Values along `dim` by index, as `gather`, but that the other dimensions of x and index broadcast; without `dim` of
 * the flattened x, by the flattened index. What `argmax` and `argsort` answer fits.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where it does not fit.
 * @example
 * import { argmax, takeAlongDim, tensor } from 'quern';
 * const x = tensor([[1, 9], [8, 2]]);
 * takeAlongDim(x, argmax(x, 1, { keepdim: true }), 1).toArray(); // => [[9], [8]]
 */
export function takeAlongDim(x: Tensor, index: Tensor, dim?: number): Tensor {
  checkTensor('takeAlongDim', x);
  const at = checkIndex('takeAlongDim', index);
  if (dim === undefined) return gather(reshape(x, [x.size]), 0, reshape(at, [at.size]));
  const axis = checkAxis('takeAlongDim', dim, x.ndim);
  if (x.ndim !== at.ndim) {
    throw new ShapeError(
      'takeAlongDim',
      `index ${showShape(at.shape)} must have as many dimensions as the tensor ${showShape(x.shape)}`,
      [x.shape, at.shape],
    );
  }
  if (x.ndim === 0) return gather(x, 0, at);
  const replaced = (dims: readonly number[], size: number): number[] =>
    dims.map((old, i) => (i === axis ? size : old));
  const others = broadcastLayouts(
    'takeAlongDim',
    denseLayout(replaced(x.shape, 1)),
    denseLayout(replaced(at.shape, 1)),
  ).dims;
  const wide = expand(x, replaced(others, x.shape[axis]));
  return gather(wide, axis, expand(at, replaced(others, at.shape[axis])));
}

export interface PutOptions {
  /** Whether values are added to what was there. Default false: of several for one place the last stays. */
  accumulate?: boolean;
}

/** @internal */
export const PUT_OPTIONS = optionNames<PutOptions>({ accumulate: true });

/** x with values at places of its row-major order: a list of each. Bytes are added as int32. @internal */
export function putAt(x: Tensor, places: Tensor, values: Tensor, accumulate: boolean): Tensor {
  const flat = reshape(x, [x.size]);
  if (!accumulate) return reshape(indexCopy(flat, 0, places, values), x.shape);
  const sum = x.kind <= INT32 ? values : castTo(values, INT32);
  return reshape(castTo(indexAdd(flat, 0, places, sum), x.kind), x.shape);
}

/** The same in place. @internal */
export function rewriteAt(
  op: string,
  x: Tensor,
  places: Tensor,
  values: Tensor,
  accumulate: boolean,
): Tensor {
  const source = apart(values, x);
  const compute = (before: Tensor): Tensor => putAt(before, places, source, accumulate);
  return rewrite(
    op,
    x,
    [source],
    () => {
      if (!x.isContiguous || (accumulate && x.kind > INT32)) {
        x.copy_(compute(x));
        return;
      }
      const flat = reshape(x.detach(), [x.size]);
      attributes[0] = 0;
      active.run3(accumulate ? kernel.indexAdd : kernel.indexCopy, x.kind, flat, places, source);
    },
    compute,
  );
}

/**
 * Writes the elements of `source` over those of the flattened x at some places, and answers x; negative places count
 * from the end.
 *
 * @throws IndexError where a place is out of range; ShapeError, DTypeError where something does not fit; GradientError
 * where autograd would be wrong.
 * @example
 * import { put_, tensor, zeros } from 'quern';
 * put_(zeros([2, 2]), tensor([1, -1], { dtype: 'int32' }), tensor([5, 7])).toArray(); // => [[0, 5], [0, 7]]
 */
export function put_(x: Tensor, index: Tensor, source: Tensor, options: PutOptions = NO_OPTIONS): Tensor {
  checkTensor('put_', x);
  checkTensor('put_', source);
  checkOptions('put_', options, PUT_OPTIONS);
  const at = flatIndex('put_', [checkIndex('put_', index)], [x.size], [0]);
  checkSource('put_', x, source, index.shape);
  const [places, values] = [at, source].map((one) => reshape(one, [one.size]));
  return rewriteAt('put_', x, places, values, options.accumulate ?? false);
}
