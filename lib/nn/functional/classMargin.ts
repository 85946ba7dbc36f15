// Losses of several classes or labels whose scores should lie apart, from classes by number and from labels 0 and 1.

import { INT32, isFloatKind, UINT8 } from '../../core/dtype.js';
import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { castTo, checkTensor } from '../../ops/apply.js';
import { add, div, mul, sub } from '../../ops/binary.js';
import { clamp } from '../../ops/clamp.js';
import { eq, gt, logicalAnd, logicalNot, lt, ne } from '../../ops/compare.js';
import { arange, zeros } from '../../ops/create.js';
import { gather, indexSelect, scatterAdd } from '../../ops/gather.js';
import { logSigmoid } from '../../ops/logSigmoid.js';
import { mean, sum } from '../../ops/reduce.js';
import { cumsum } from '../../ops/scan.js';
import { reshape, unsqueeze } from '../../ops/shape.js';
import { neg, square } from '../../ops/unary.js';
import { where } from '../../ops/where.js';
import { above0 } from './margin.js';
import {
  checkWeight,
  labelsFor,
  numberOption,
  REDUCTION_OPTIONS,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';

export interface MultiMarginLossOptions extends ReductionOptions {
  /** The power of what is short of the margin, 1 or 2. Default 1. */
  p?: number;
  /** How far below the right class's score the others should lie. Default 1. */
  margin?: number;
  /** (C,), a factor for each class. */
  weight?: Tensor | null;
}

export interface MultilabelSoftMarginLossOptions extends ReductionOptions {
  /** Multiplied with the losses of the classes; broadcasts to the input. */
  weight?: Tensor | null;
}

export const MULTI_MARGIN_OPTIONS = optionNames<MultiMarginLossOptions>({
  p: true,
  margin: true,
  weight: true,
  reduction: true,
});
export const MULTILABEL_SOFT_MARGIN_OPTIONS = optionNames<MultilabelSoftMarginLossOptions>({
  weight: true,
  reduction: true,
});

/** Refuses scores that are not (N, C) or (C,) of floats, without a class, and targets of another shape or not whole. */
function checkScores(
  op: string,
  input: Tensor,
  target: Tensor,
  wanted: (shape: readonly number[]) => number[],
): void {
  checkTensor(op, input);
  checkTensor(op, target);
  if (!isFloatKind(input.kind)) {
    throw new DTypeError(op, `the input must be floating; got ${input.dtype}: cast with to()`, [input.dtype]);
  }
  if (target.kind !== INT32 && target.kind !== UINT8) {
    throw new DTypeError(op, `classes are int32; got ${target.dtype}: cast them with to('int32')`, [
      target.dtype,
    ]);
  }
  const { ndim, shape } = input;
  if (ndim < 1 || ndim > 2 || shape[ndim - 1] === 0) {
    throw new ShapeError(op, `the input must be (N, C) or (C,); got ${showShape(shape)}: reshape it`, [
      shape,
    ]);
  }
  const dims = wanted(shape);
  if (target.ndim === dims.length && dims.every((dim, axis) => dim === target.shape[axis])) return;
  throw new ShapeError(
    op,
    `for an input ${showShape(shape)} the classes have shape ${showShape(dims)}; got ${showShape(target.shape)}: ` +
      'reshape them (a loss does not broadcast)',
    [shape, target.shape],
  );
}

/**
 * Of scores (N, C) or (C,) and classes (N,) or a scalar, int32: weight[y] Σ max(0, margin − input[y] + input[i])ᵖ / C
 * over all classes i but the right one, y (Crammer and Singer 2001); its mean, sum or nothing.
 *
 * @throws IndexError where a class is not in [0, C); ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([0], { dtype: 'int32' });
 * nn.functional.multiMarginLoss(tensor([[1, 2, 0, -3]]), classes).item(); // => 0.5
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultiMarginLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'multiMarginLoss';
  checkScores(op, input, target, (shape) => shape.slice(0, -1));
  checkOptions(op, options, MULTI_MARGIN_OPTIONS);
  const { p = 1, weight = null } = options;
  if (p !== 1 && p !== 2) throw new ArgumentError(op, 'p', p, `p is 1 or 2; got ${describe(p)}`);
  const margin = numberOption(op, 'margin', options.margin, 1);
  const count = input.shape[input.ndim - 1];
  if (weight !== null) {
    checkTensor(op, weight);
    if (weight.ndim !== 1 || weight.shape[0] !== count) {
      throw new ShapeError(
        op,
        `the weight holds one number for each of the ${count} classes; got ${showShape(weight.shape)}`,
        [input.shape, weight.shape],
      );
    }
    checkWeight(op, 'weight', weight, input);
  }
  const reduction = reductionOf(op, options, input);
  const classes = castTo(target, INT32);
  const right = unsqueeze(classes, -1);
  const short = above0(add(sub(input, gather(input, -1, right)), margin));
  const powers = p === 1 ? short : square(short);
  const others = where(ne(arange(count, { dtype: 'int32' }), right), powers, 0);
  const losses = div(sum(others, -1), count);
  if (weight === null) return reduceLosses(losses, reduction);
  const weights = reshape(indexSelect(weight, 0, reshape(classes, [-1])), classes.shape);
  return reduceLosses(mul(losses, weights), reduction);
}

/**
 * Of scores (N, C) or (C,) and targets of that shape, int32, whose rows list the right classes up to the first −1:
 * Σ max(0, 1 − (input[y] − input[i])) / C over all right classes y and all others i; its mean, sum or nothing. Works with
 * N · C · C numbers.
 *
 * @throws IndexError where a class is C or more; ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([[2, 0, -1, 1]], { dtype: 'int32' });
 * nn.functional.multilabelMarginLoss(tensor([[1, 0.5, 2, 0]]), classes).item(); // => 0.125
 */
export function multilabelMarginLoss(
  input: Tensor,
  target: Tensor,
  options: ReductionOptions = NO_OPTIONS,
): Tensor {
  const op = 'multilabelMarginLoss';
  checkScores(op, input, target, (shape) => [...shape]);
  checkOptions(op, options, REDUCTION_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const classes = castTo(target, INT32);
  const listed = eq(cumsum(lt(classes, 0).to('int32'), -1), 0);
  const right = clamp(classes, { min: 0 });
  const isRight = gt(scatterAdd(zeros(input.shape, { dtype: 'int32' }), -1, right, listed.to('int32')), 0);
  const counts = logicalAnd(unsqueeze(listed, -1), unsqueeze(logicalNot(isRight), -2));
  // (…, right classes, all classes)
  const short = above0(sub(1, sub(unsqueeze(gather(input, -1, right), -1), unsqueeze(input, -2))));
  return reduceLosses(div(sum(where(counts, short, 0), [-2, -1]), input.shape[input.ndim - 1]), reduction);
}

/**
 * The cross entropy of each label by itself: of logits (…, C) and labels in [0, 1] of that shape, whole or of the
 * logits' dtype, the mean over C of −(target ln σ(input) + (1 − target) ln σ(−input)); of that the mean, sum or nothing.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.multilabelSoftMarginLoss(tensor([[1000, -1000]]), tensor([[1, 1]])).item(); // => 500
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultilabelSoftMarginLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'multilabelSoftMarginLoss';
  const labels = labelsFor(op, input, target);
  checkOptions(op, options, MULTILABEL_SOFT_MARGIN_OPTIONS);
  const { weight = null } = options;
  checkWeight(op, 'weight', weight, input);
  if (input.ndim === 0) throw new ShapeError(op, 'the input needs a dimension of classes', [input.shape]);
  const reduction = reductionOf(op, options, input);
  const logs = add(mul(labels, logSigmoid(input)), mul(sub(1, labels), logSigmoid(neg(input))));
  const losses = weight === null ? logs : mul(logs, weight);
  return reduceLosses(neg(mean(losses, -1)), reduction);
}
