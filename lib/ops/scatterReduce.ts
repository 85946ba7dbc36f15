// Reductions by index: what meets in one place is multiplied, averaged, or the largest stays.

import { INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError } from '../core/errors.js';
import { checkAxis } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, checkTensor, fillLike } from './apply.js';
import { div } from './binary.js';
import { checkIndex, checkSameRank, checkSource, scatterAdd } from './gather.js';
import { reducedAt } from './reduceAt.js';
import { scatter } from './scatter.js';
import { reshape } from './shape.js';

/** How {@link scatterReduce} reduces. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

const REDUCTIONS: readonly ScatterReduction[] = ['sum', 'prod', 'mean', 'amax', 'amin'];

/** What leaves a reduction as it is. */
function neutral(reduce: ScatterReduction, x: Tensor): number {
  if (reduce === 'sum' || reduce === 'mean') return 0;
  if (reduce === 'prod') return 1;
  const sign = reduce === 'amax' ? -1 : 1;
  if (isFloatKind(x.kind)) return sign * Number.POSITIVE_INFINITY;
  return sign < 0 ? -(2 ** 31) : 2 ** 31 - 1;
}

export interface ScatterReduceOptions {
  /** Whether x's own value counts where something is written. Default true. */
  includeSelf?: boolean;
}

/** @internal */
export const SCATTER_REDUCE_OPTIONS = optionNames<ScatterReduceOptions>({ includeSelf: true });

/**
 * x with the values of `source` reduced into it along `dim` by index: for 'sum' and dim 0,
 * out[index[i][j]][j] += source[i][j]; likewise 'prod', 'mean', 'amax' and 'amin'. Where nothing is written x stays.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit, or for the
 * mean of integers; ArgumentError where the reduction is not known.
 * @example
 * import { scatterReduce, tensor, zeros } from 'quern';
 * const index = tensor([0, 0, 1], { dtype: 'int32' });
 * scatterReduce(zeros([2]), 0, index, tensor([3, 5, 2]), 'amax').toArray(); // => [5, 2]
 * scatterReduce(zeros([2]), 0, index, tensor([3, 5, 2]), 'mean', { includeSelf: false }).toArray(); // => [4, 2]
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = NO_OPTIONS,
): Tensor {
  checkTensor('scatterReduce', x);
  checkTensor('scatterReduce', source);
  checkOptions('scatterReduce', options, SCATTER_REDUCE_OPTIONS);
  if (!REDUCTIONS.includes(reduce)) {
    throw new ArgumentError(
      'scatterReduce',
      'reduce',
      reduce,
      `reduce is one of ${REDUCTIONS.map((name) => `'${name}'`).join(', ')}; got ${String(reduce)}`,
    );
  }
  const axis = checkAxis('scatterReduce', dim, x.ndim);
  const at = checkIndex('scatterReduce', index);
  checkSource('scatterReduce', x, source, at.shape);
  checkSameRank('scatterReduce', x, at, axis);
  if (reduce === 'mean' && !isFloatKind(x.kind)) {
    throw new DTypeError('scatterReduce', `a mean is floating; got ${x.dtype}: cast it with to('float32')`, [
      x.dtype,
    ]);
  }
  if (x.ndim === 0) {
    const [one, place, value] = [x, at, source].map((part) => reshape(part, [1]));
    return reshape(scatterReduce(one, 0, place, value, reduce, options), []);
  }
  if (x.kind > INT32) {
    const wide = scatterReduce(castTo(x, INT32), axis, at, castTo(source, INT32), reduce, options);
    return castTo(wide, x.kind);
  }
  const self = options.includeSelf ?? true;
  const base = self ? x : scatter(x, axis, at, neutral(reduce, x));
  if (reduce === 'sum') return scatterAdd(base, axis, at, source);
  if (reduce !== 'mean') return reducedAt(reduce, base, axis, at, source);
  const own = fillLike(x, 1);
  const count = scatterAdd(self ? own : scatter(own, axis, at, 0), axis, at, fillLike(source, 1));
  return div(scatterAdd(base, axis, at, source), count);
}
