// Losses of distributions: the divergence of two, and the likelihood of targets under one.

import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../../core/errors.js';
import { record1 } from '../../core/graph.js';
import { sameDims } from '../../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import { Tensor } from '../../core/tensor.js';
import { checkTensor, rule } from '../../ops/apply.js';
import { add, div, mul, sub } from '../../ops/binary.js';
import { clamp } from '../../ops/clamp.js';
import { le } from '../../ops/compare.js';
import { composed } from '../../ops/composed.js';
import { xlogy } from '../../ops/pairs.js';
import { sum } from '../../ops/reduce.js';
import { unsqueeze } from '../../ops/shape.js';
import { exp, log, square } from '../../ops/unary.js';
import { where } from '../../ops/where.js';
import {
  checkPairOf,
  numberOption,
  type Reduction,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';

export interface KLDivLossOptions {
  /** 'batchmean' divides the sum by the size of the batch, as the definition has it. Default 'mean', over all elements. */
  reduction?: Reduction | 'batchmean';
  /** Whether the target holds logarithms too. Default false. */
  logTarget?: boolean;
}

export interface PoissonNLLLossOptions extends ReductionOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  logInput?: boolean;
  /** Adds Stirling's approximation of ln target! where a target is above 1. Default false. */
  full?: boolean;
  /** Added to a rate before its logarithm is taken. Default 1e-8. */
  eps?: number;
}

export interface GaussianNLLLossOptions extends ReductionOptions {
  /** Adds the constant ln(2π) / 2. Default false. */
  full?: boolean;
  /** The least variance computed with. Default 1e-6. */
  eps?: number;
}

export const KL_DIV_OPTIONS = optionNames<KLDivLossOptions>({ reduction: true, logTarget: true });
export const POISSON_NLL_OPTIONS = optionNames<PoissonNLLLossOptions>({
  logInput: true,
  full: true,
  eps: true,
  reduction: true,
});
export const GAUSSIAN_NLL_OPTIONS = optionNames<GaussianNLLLossOptions>({
  full: true,
  eps: true,
  reduction: true,
});

/**
 * The divergence of a distribution from the target one (Kullback and Leibler 1951), target (ln target − input), where
 * the input holds logarithms of probabilities: its mean, its sum, that divided by the batch, or nothing.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const options = { reduction: 'batchmean' } as const;
 * nn.functional.klDivLoss(tensor([[-1, -2]]), tensor([[1, 0]]), options).item(); // => 1
 */
export function klDivLoss(input: Tensor, target: Tensor, options: KLDivLossOptions = NO_OPTIONS): Tensor {
  const op = 'klDivLoss';
  checkPairOf(op, input, target);
  checkOptions(op, options, KL_DIV_OPTIONS);
  const batch = options.reduction === 'batchmean';
  const reduction = reductionOf(op, { reduction: batchless(options.reduction) }, input);
  if (batch && (input.ndim === 0 || input.shape[0] === 0)) {
    throw new ShapeError(op, `'batchmean' needs a batch to divide by; got ${showShape(input.shape)}`, [
      input.shape,
    ]);
  }
  const losses = options.logTarget
    ? mul(exp(target), sub(target, input))
    : sub(xlogy(target, target), mul(target, input));
  return batch ? div(sum(losses), input.shape[0]) : reduceLosses(losses, reduction);
}

function batchless(reduction: KLDivLossOptions['reduction']): Reduction | undefined {
  return reduction === 'batchmean' ? 'sum' : reduction;
}

/**
 * The negative log-likelihood of counts under Poisson distributions: exp(input) − target · input, or with
 * `logInput: false` input − target · ln(input + eps); its mean, sum or nothing, for two tensors of one shape.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.poissonNllLoss(tensor([0, 0]), tensor([3, 5])).item(); // => 1
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options: PoissonNLLLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'poissonNllLoss';
  checkPairOf(op, input, target);
  checkOptions(op, options, POISSON_NLL_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const eps = numberOption(op, 'eps', options.eps, 1e-8);
  const losses =
    (options.logInput ?? true)
      ? sub(exp(input), mul(target, input))
      : sub(input, mul(target, log(add(input, eps))));
  return reduceLosses(options.full ? add(losses, stirling(target)) : losses, reduction);
}

/** y ln y − y + ln(2πy) / 2 where y is above 1, and 0 elsewhere, with the gradient 0. */
function stirling(target: Tensor): Tensor {
  const few = le(target, 1);
  const y = where(few, 1, target);
  const terms = add(sub(mul(y, log(y)), y), mul(log(mul(y, 2 * Math.PI)), 0.5));
  return where(few, 0, terms);
}

// As in PyTorch, a variance below the least one has the gradient of that one, so that it can grow again.
const LEAST_VARIANCE = rule('gaussianNllLoss', { a: [0, (_n, g) => g] });

function atLeast(variance: Tensor, eps: number): Tensor {
  const out = composed(() => clamp(variance, { min: eps }));
  record1(LEAST_VARIANCE, out, variance, null);
  return out;
}

/**
 * The negative log-likelihood of targets under normal distributions with the mean `input` (Nix and Weigend 1994):
 * (ln v + (input − target)² / v) / 2 with v = max(variance, eps); its mean, sum or nothing. The variance is a number, or
 * of the input's shape, or that without its last dimension, or with one dimension of size 1.
 *
 * @throws ShapeError where the shapes do not fit; DTypeError where the dtypes differ; ArgumentError for a negative
 * number, an eps that is not above 0 or an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.gaussianNllLoss(tensor([1, 2]), tensor([3, 2]), tensor([1, 1])).item(); // => 1
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  options: GaussianNLLLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'gaussianNllLoss';
  checkPairOf(op, input, target);
  checkOptions(op, options, GAUSSIAN_NLL_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const { eps = 1e-6 } = options;
  if (!(typeof eps === 'number' && eps > 0)) {
    throw new ArgumentError(op, 'eps', eps, `eps is a number above 0; got ${describe(eps)}`);
  }
  const constant = options.full ? Math.log(2 * Math.PI) : 0;
  const losses = (logs: Tensor | number, v: Tensor | number): Tensor =>
    mul(add(add(div(square(sub(input, target)), v), logs), constant), 0.5);
  if (variance instanceof Tensor) {
    const v = atLeast(fitting(op, variance, input), eps);
    return reduceLosses(losses(log(v), v), reduction);
  }
  const v = Math.max(numberOption(op, 'variance', variance, Number.NaN, 0), eps);
  return reduceLosses(losses(Math.log(v), v), reduction);
}

/** The variance in a shape that broadcasts to the input's, if it is one of those that are meant so. */
function fitting(op: string, variance: Tensor, input: Tensor): Tensor {
  checkTensor(op, variance);
  if (variance.kind !== input.kind) {
    throw new DTypeError(
      op,
      `the input is ${input.dtype} and the variance ${variance.dtype}; cast it with to()`,
      [input.dtype, variance.dtype],
    );
  }
  if (sameDims(variance.layout, input.layout)) return variance;
  const fits = (shape: readonly number[]): boolean => variance.shape.every((dim, i) => dim === shape[i]);
  if (variance.ndim === input.ndim - 1 && fits(input.shape)) return unsqueeze(variance, -1);
  const other = input.shape.filter((dim, axis) => dim !== variance.shape[axis]).length;
  const axis = input.shape.findIndex((dim, i) => dim !== variance.shape[i]);
  if (variance.ndim === input.ndim && other === 1 && variance.shape[axis] === 1) return variance;
  throw new ShapeError(
    op,
    `the variance ${showShape(variance.shape)} must have the shape ${showShape(input.shape)} of the input, that ` +
      'without its last dimension, or that with one dimension of size 1: reshape or expand it',
    [input.shape, variance.shape],
  );
}
