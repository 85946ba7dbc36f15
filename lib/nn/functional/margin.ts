// Losses of scores that should lie apart by a margin, for labels 1 and −1.

import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { add, mul, sub } from '../../ops/binary.js';
import { clamp } from '../../ops/clamp.js';
import { ne } from '../../ops/compare.js';
import { logSigmoid } from '../../ops/logSigmoid.js';
import { neg } from '../../ops/unary.js';
import { where } from '../../ops/where.js';
import {
  checkPairOf,
  labelsFor,
  numberOption,
  REDUCTION_OPTIONS,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';

export interface MarginOptions extends ReductionOptions {
  /** How far apart is far enough. */
  margin?: number;
}

export const MARGIN_OPTIONS = optionNames<MarginOptions>({ margin: true, reduction: true });

const ABOVE_0 = { min: 0 };

/** max(0, x), with the slope 1 at 0, as PyTorch's losses have it. @internal */
export function above0(x: Tensor): Tensor {
  return clamp(x, ABOVE_0);
}

/**
 * The hinge of support vector machines, max(0, margin − target · input), for labels 1 and −1 of the input's shape, whole
 * or of its dtype; its mean, sum or nothing. The margin is 1 unless given. PyTorch has none; this is the loss of
 * Cortes and Vapnik 1995.
 *
 * @throws ShapeError where the shapes differ; DTypeError on integer inputs; ArgumentError where an option is wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.hingeLoss(tensor([2, 0.5]), tensor([1, -1])).item(); // => 0.75
 */
export function hingeLoss(input: Tensor, target: Tensor, options: MarginOptions = NO_OPTIONS): Tensor {
  const op = 'hingeLoss';
  const labels = labelsFor(op, input, target);
  checkOptions(op, options, MARGIN_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const margin = numberOption(op, 'margin', options.margin, 1);
  return reduceLosses(above0(sub(margin, mul(labels, input))), reduction);
}

/**
 * Of distances, for labels 1 (alike) and −1 (not alike) of the input's shape, whole or of its dtype: the input where the
 * label is 1, and max(0, margin − input) where it is −1; its mean, sum or nothing. The margin is 1 unless given.
 *
 * @throws ShapeError where the shapes differ; DTypeError on integer inputs; ArgumentError where an option is wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.hingeEmbeddingLoss(tensor([2, 0.5]), tensor([1, -1])).item(); // => 1.25
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options: MarginOptions = NO_OPTIONS,
): Tensor {
  const op = 'hingeEmbeddingLoss';
  const labels = labelsFor(op, input, target);
  checkOptions(op, options, MARGIN_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const margin = numberOption(op, 'margin', options.margin, 1);
  // As in PyTorch, what is neither 1 nor −1 has both parts.
  const apart = where(ne(labels, 1), above0(sub(margin, input)), 0);
  return reduceLosses(add(apart, where(ne(labels, -1), input, 0)), reduction);
}

/**
 * ln(1 + exp(−target · input)) for labels 1 and −1 of the input's shape, whole or of its dtype; its mean, sum or nothing.
 * Computed without overflow.
 *
 * @throws ShapeError where the shapes differ; DTypeError on integer inputs; ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.softMarginLoss(tensor([-1000]), tensor([1])).item(); // => 1000
 */
export function softMarginLoss(
  input: Tensor,
  target: Tensor,
  options: ReductionOptions = NO_OPTIONS,
): Tensor {
  const op = 'softMarginLoss';
  const labels = labelsFor(op, input, target);
  checkOptions(op, options, REDUCTION_OPTIONS);
  const reduction = reductionOf(op, options, input);
  return reduceLosses(neg(logSigmoid(mul(labels, input))), reduction);
}

/**
 * Of two tensors of scores and labels, 1 where the first should be the larger and −1 where the second, all of one shape:
 * max(0, −target (input1 − input2) + margin); its mean, sum or nothing. The margin is 0 unless given.
 *
 * @throws ShapeError where the shapes differ; DTypeError on integer inputs; ArgumentError where an option is wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.marginRankingLoss(tensor([1, 5]), tensor([3, 2]), tensor([1, 1])).item(); // => 1
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions = NO_OPTIONS,
): Tensor {
  const op = 'marginRankingLoss';
  checkPairOf(op, input1, input2);
  const labels = labelsFor(op, input1, target);
  checkOptions(op, options, MARGIN_OPTIONS);
  const reduction = reductionOf(op, options, input1);
  const margin = numberOption(op, 'margin', options.margin, 0);
  return reduceLosses(above0(add(mul(neg(labels), sub(input1, input2)), margin)), reduction);
}
