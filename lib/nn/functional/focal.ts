// Losses for classes of very unequal size: focal losses, and the overlap of regions.

import { INT32, isFloatKind } from '../../core/dtype.js';
import { DTypeError, ShapeError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { sigmoid } from '../../ops/activation.js';
import { castTo, checkTensor } from '../../ops/apply.js';
import { add, div, mul, pow, sub } from '../../ops/binary.js';
import { eq, ne } from '../../ops/compare.js';
import { indexSelect } from '../../ops/gather.js';
import { logSigmoid } from '../../ops/logSigmoid.js';
import { sum } from '../../ops/reduce.js';
import { reshape } from '../../ops/shape.js';
import { expm1, neg, square } from '../../ops/unary.js';
import { where } from '../../ops/where.js';
import { crossEntropy, type NLLLossOptions } from './crossEntropy.js';
import {
  labelsFor,
  numberOption,
  type Reduction,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';

export interface SigmoidFocalLossOptions {
  /** The weight of targets 1, that of targets 0 being 1 − alpha; none where it is negative. Default 0.25. */
  alpha?: number;
  /** The more, the less counts what is easy, from 0. Default 2. */
  gamma?: number;
  /** Default 'none', as in torchvision. */
  reduction?: Reduction;
}

export interface FocalLossOptions extends NLLLossOptions {
  /** The more, the less counts what is easy, from 0, which makes it {@link crossEntropy}. Default 2. */
  gamma?: number;
}

export interface DiceLossOptions extends ReductionOptions {
  /** Added above and below, so that empty regions that agree have no loss. Default 1. */
  smooth?: number;
}

export const SIGMOID_FOCAL_OPTIONS = optionNames<SigmoidFocalLossOptions>({
  alpha: true,
  gamma: true,
  reduction: true,
});
export const FOCAL_OPTIONS = optionNames<FocalLossOptions>({
  gamma: true,
  weight: true,
  ignoreIndex: true,
  reduction: true,
});
export const DICE_OPTIONS = optionNames<DiceLossOptions>({ smooth: true, reduction: true });

/** The factor of a loss whose probability misses 1 by `miss`. What misses by nothing has no slope. */
function focus(miss: Tensor, gamma: number): Tensor {
  if (gamma === 0 || gamma >= 1) return pow(miss, gamma);
  const still = eq(miss, 0);
  return where(still, 0, pow(where(still, 1, miss), gamma));
}

/**
 * The focal loss of logits x and labels in [0, 1] of one shape (Lin et al. 2017): −αₜ (1 − pₜ)^gamma ln pₜ, where pₜ is
 * σ(x) for the label 1 and 1 − σ(x) for 0, and αₜ likewise alpha and 1 − alpha. Nothing, its mean or its sum.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError where an option is wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.sigmoidFocalLoss(tensor([-1000, 1000]), tensor([1, 1])).toArray(); // => [250, 0]
 */
export function sigmoidFocalLoss(
  input: Tensor,
  target: Tensor,
  options: SigmoidFocalLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'sigmoidFocalLoss';
  const y = labelsFor(op, input, target);
  checkOptions(op, options, SIGMOID_FOCAL_OPTIONS);
  const reduction = reductionOf(op, { reduction: options.reduction ?? 'none' }, input);
  const alpha = numberOption(op, 'alpha', options.alpha, 0.25);
  const gamma = numberOption(op, 'gamma', options.gamma, 2, 0);
  const rest = sub(1, y);
  const entropy = sub(mul(rest, input), logSigmoid(input));
  const miss = add(mul(y, sigmoid(neg(input))), mul(rest, sigmoid(input)));
  const losses = mul(entropy, focus(miss, gamma));
  if (alpha < 0) return reduceLosses(losses, reduction);
  return reduceLosses(mul(losses, add(mul(y, 2 * alpha - 1), 1 - alpha)), reduction);
}

/**
 * The focal loss of several classes (Lin et al. 2017), −(1 − p)^gamma ln p with p = softmax(x)[class], for logits
 * (N, C, …) or (C,) and classes (N, …) or a scalar, int32; its mean, sum or nothing. Weights and ignored classes are
 * {@link crossEntropy}'s, and so is the mean: divided by the sum of the weights of what counts.
 *
 * @throws IndexError where a class is not in [0, C); ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([0, 1], { dtype: 'int32' });
 * nn.functional.focalLoss(tensor([[0, 1000], [0, 1000]]), classes).item(); // => 500
 */
export function focalLoss(input: Tensor, target: Tensor, options: FocalLossOptions = NO_OPTIONS): Tensor {
  const op = 'focalLoss';
  checkTensor(op, target);
  checkOptions(op, options, FOCAL_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const gamma = numberOption(op, 'gamma', options.gamma, 2, 0);
  if (isFloatKind(target.kind)) {
    throw new DTypeError(op, `classes are int32; got ${target.dtype}: cast them with to('int32')`, [
      target.dtype,
    ]);
  }
  const { weight = null, ignoreIndex = -100 } = options;
  const entropy = crossEntropy(input, target, { ignoreIndex, reduction: 'none' });
  const factor = focus(neg(expm1(neg(entropy))), gamma);
  const kept = ne(castTo(target, INT32), ignoreIndex);
  if (weight === null) {
    const losses = mul(entropy, factor);
    return reduction === 'mean'
      ? div(sum(losses), sum(kept.to(input.dtype)))
      : reduceLosses(losses, reduction);
  }
  const losses = mul(crossEntropy(input, target, { weight, ignoreIndex, reduction: 'none' }), factor);
  if (reduction !== 'mean') return reduceLosses(losses, reduction);
  const counted = where(kept, castTo(target, INT32), 0);
  const weights = reshape(indexSelect(weight, 0, reshape(counted, [-1])), target.shape);
  return div(sum(losses), sum(where(kept, weights, 0)));
}

/**
 * What the overlap of regions lacks (Milletari et al. 2016), of probabilities and labels (N, …) of one shape, labels
 * whole or of the probabilities' dtype: for each sample 1 − (2 Σ p y + smooth) / (Σ p² + Σ y² + smooth); its mean, sum or
 * nothing, (N,).
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError where an option is wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.diceLoss(tensor([[1, 1, 0]]), tensor([[0, 1, 0]]), { smooth: 0 }).item(); // => 0.3333333432674408
 */
export function diceLoss(input: Tensor, target: Tensor, options: DiceLossOptions = NO_OPTIONS): Tensor {
  const op = 'diceLoss';
  const labels = labelsFor(op, input, target);
  checkOptions(op, options, DICE_OPTIONS);
  if (input.ndim === 0) throw new ShapeError(op, 'a dimension of samples is needed; add one', [input.shape]);
  const reduction = reductionOf(op, options, input);
  const smooth = numberOption(op, 'smooth', options.smooth, 1, 0);
  const region = input.size / Math.max(input.shape[0], 1);
  const total = (x: Tensor): Tensor => sum(reshape(x, [input.shape[0], region]), 1);
  const overlap = add(mul(total(mul(input, labels)), 2), smooth);
  const size = add(add(total(square(input)), total(square(labels))), smooth);
  return reduceLosses(sub(1, div(overlap, size)), reduction);
}
