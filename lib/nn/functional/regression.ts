// Losses of regression.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { pairLoss } from '../../ops/pairLoss.js';
import { checkPairOf, REDUCTION_OPTIONS, type ReductionOptions, reductionOf } from './reduction.js';

function apply(op: 'mseLoss' | 'l1Loss', input: Tensor, target: Tensor, options: ReductionOptions): Tensor {
  checkPairOf(op, input, target);
  checkOptions(op, options, REDUCTION_OPTIONS);
  const reduction = reductionOf(op, options, input);
  if (reduction === 'none') return pairLoss(op, input, target, null);
  return pairLoss(op, input, target, reduction === 'mean' ? 1 / input.size : 1);
}

/**
 * The mean squared error: the mean (or sum, or nothing) of (input − target)², for two tensors of one shape.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.mseLoss(tensor([1, 2]), tensor([1, 4])).item(); // => 2
 */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOptions = NO_OPTIONS): Tensor {
  return apply('mseLoss', input, target, options);
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
  return apply('l1Loss', input, target, options);
}
