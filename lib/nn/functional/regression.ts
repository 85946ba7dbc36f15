// Losses of regression.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { sub } from '../../ops/binary.js';
import { abs, square } from '../../ops/unary.js';
import {
  checkPairOf,
  REDUCTION_OPTIONS,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';

/**
 * The mean squared error: the mean (or sum, or nothing) of (input − target)², for two tensors of one shape.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.mseLoss(tensor([1, 2]), tensor([1, 4])).item(); // => 2
 */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOptions = NO_OPTIONS): Tensor {
  checkPairOf('mseLoss', input, target);
  checkOptions('mseLoss', options, REDUCTION_OPTIONS);
  return reduceLosses(square(sub(input, target)), reductionOf('mseLoss', options, input));
}

/**
 * The mean absolute error: the mean (or sum, or nothing) of |input − target|, for two tensors of one shape.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.l1Loss(tensor([1, 2]), tensor([1, 4])).item(); // => 1
 */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOptions = NO_OPTIONS): Tensor {
  checkPairOf('l1Loss', input, target);
  checkOptions('l1Loss', options, REDUCTION_OPTIONS);
  return reduceLosses(abs(sub(input, target)), reductionOf('l1Loss', options, input));
}
