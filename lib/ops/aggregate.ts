// Reductions made of others: without NaN, counts, and two results at once.

import { isFloatKind } from '../core/dtype.js';
import type { Dim } from '../core/layout.js';
import { checkOptions, NO_OPTIONS } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, checkFloating, checkTensor } from './apply.js';
import { div } from './binary.js';
import { isNaN, logicalNot, ne } from './compare.js';
import { amax, amin, mean, REDUCE_OPTIONS, type ReduceOptions, sum } from './reduce.js';
import { SPREAD_OPTIONS, type SpreadOptions, std, variance } from './spread.js';
import { where } from './where.js';

/** x with 0 for NaN. */
function numbersOf(x: Tensor): Tensor {
  return isFloatKind(x.kind) ? where(isNaN(x), 0, x) : x;
}

/**
 * The sum over `dim` (one, several, or all dimensions) of what is not NaN.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { nansum, tensor } from 'quern';
 * nansum(tensor([1, NaN, 2])).item(); // => 3
 */
export function nansum(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkTensor('nansum', x);
  checkOptions('nansum', options, REDUCE_OPTIONS);
  return sum(numbersOf(x), dim, options);
}

/**
 * The mean over `dim` (one, several, or all dimensions) of what is not NaN; NaN where nothing is left.
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { nanmean, tensor } from 'quern';
 * nanmean(tensor([1, NaN, 2])).item(); // => 1.5
 */
export function nanmean(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkFloating('nanmean', x);
  checkOptions('nanmean', options, REDUCE_OPTIONS);
  const count = sum(logicalNot(isNaN(x)), dim, options);
  return div(sum(numbersOf(x), dim, options), castTo(count, x.kind));
}

/**
 * How many elements over `dim` (one, several, or all dimensions) are not 0, as NaN is not. int32.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { countNonzero, tensor } from 'quern';
 * countNonzero(tensor([[1, 0], [2, 3]]), 0).toArray(); // => [2, 1]
 */
export function countNonzero(x: Tensor, dim?: Dim): Tensor {
  checkTensor('countNonzero', x);
  return sum(ne(x, 0), dim);
}

/** The smallest and the largest value. */
export interface MinAndMax {
  readonly min: Tensor;
  readonly max: Tensor;
}

/**
 * The smallest and the largest value along `dim`, or of all: {@link amin} and {@link amax}.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { aminmax, tensor } from 'quern';
 * aminmax(tensor([3, 1, 2])).max.item(); // => 3
 */
export function aminmax(x: Tensor, dim?: number, options: ReduceOptions = NO_OPTIONS): MinAndMax {
  checkTensor('aminmax', x);
  checkOptions('aminmax', options, REDUCE_OPTIONS);
  return { min: amin(x, dim, options), max: amax(x, dim, options) };
}

/** A variance and the mean that it is measured from. */
export interface VarianceAndMean {
  readonly variance: Tensor;
  readonly mean: Tensor;
}

/**
 * The {@link variance} and the mean over `dim` (one, several, or all dimensions).
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { tensor, varMean } from 'quern';
 * varMean(tensor([1, 3])).mean.item(); // => 2
 */
export function varMean(x: Tensor, dim?: Dim, options: SpreadOptions = NO_OPTIONS): VarianceAndMean {
  checkOptions('varMean', options, SPREAD_OPTIONS);
  return { variance: variance(x, dim, options), mean: mean(x, dim, { keepdim: options.keepdim ?? false }) };
}

/** A standard deviation and the mean that it is measured from. */
export interface DeviationAndMean {
  readonly std: Tensor;
  readonly mean: Tensor;
}

/**
 * The standard deviation {@link std} and the mean over `dim` (one, several, or all dimensions).
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { stdMean, tensor } from 'quern';
 * stdMean(tensor([1, 3]), 0, { correction: 0 }).std.item(); // => 1
 */
export function stdMean(x: Tensor, dim?: Dim, options: SpreadOptions = NO_OPTIONS): DeviationAndMean {
  checkOptions('stdMean', options, SPREAD_OPTIONS);
  return { std: std(x, dim, options), mean: mean(x, dim, { keepdim: options.keepdim ?? false }) };
}
