// Losses of regression that are square near 0 and straight beyond, so that outliers pull no harder than others.

import { ArgumentError, describe } from '../../core/errors.js';
import { A, B, type Node, type Rule, record2 } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { rule } from '../../ops/apply.js';
import { div, mul, sub } from '../../ops/binary.js';
import { clamp } from '../../ops/clamp.js';
import { composed } from '../../ops/composed.js';
import { abs, neg } from '../../ops/unary.js';
import {
  checkPairOf,
  gradientOfEach,
  numberOption,
  type Reduction,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';
import { l1Loss } from './regression.js';

export interface SmoothL1LossOptions extends ReductionOptions {
  /** Where the parabola ends; 0 makes it {@link l1Loss}. Default 1. */
  beta?: number;
}

export interface HuberLossOptions extends ReductionOptions {
  /** Where the parabola ends, above 0. Default 1. */
  delta?: number;
}

export const SMOOTH_L1_OPTIONS = optionNames<SmoothL1LossOptions>({ reduction: true, beta: true });
export const HUBER_OPTIONS = optionNames<HuberLossOptions>({ reduction: true, delta: true });

interface Bend {
  readonly bound: number;
  readonly divisor: number;
  readonly reduction: Reduction;
}

function slope(n: Node, g: Tensor): Tensor {
  const { bound, divisor, reduction } = n.saved as Bend;
  const x = n.a as Tensor;
  const bent = clamp(sub(x, n.b as Tensor), { min: -bound, max: bound });
  return mul(div(gradientOfEach(g, reduction, x.size), divisor), bent);
}

function ruleOf(op: string): Rule {
  return rule(op, { a: [A | B, slope], b: [A | B, (n, g) => neg(slope(n, g))] });
}

const SMOOTH_L1 = ruleOf('smoothL1Loss');
const HUBER = ruleOf('huberLoss');

/** With d = |x − y| and c, d up to the bound: c (d − c / 2), divided. */
function bent(gradients: Rule, x: Tensor, y: Tensor, how: Bend): Tensor {
  const out = composed(() => {
    const distance = abs(sub(x, y));
    const near = clamp(distance, { max: how.bound });
    return reduceLosses(div(mul(near, sub(distance, mul(near, 0.5))), how.divisor), how.reduction);
  });
  record2(gradients, out, x, y, how);
  return out;
}

/**
 * With d = |input − target|: d² / (2 beta) up to beta and d − beta / 2 beyond (Girshick 2015); its mean, sum or nothing,
 * for two tensors of one shape.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for a negative beta or an
 * unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.smoothL1Loss(tensor([1, 5]), tensor([2, 2])).item(); // => 1.5
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: SmoothL1LossOptions = NO_OPTIONS,
): Tensor {
  const op = 'smoothL1Loss';
  checkPairOf(op, input, target);
  checkOptions(op, options, SMOOTH_L1_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const beta = numberOption(op, 'beta', options.beta, 1, 0);
  if (beta === 0) return l1Loss(input, target, { reduction });
  return bent(SMOOTH_L1, input, target, { bound: beta, divisor: beta, reduction });
}

/**
 * With d = |input − target|: d² / 2 up to delta and delta (d − delta / 2) beyond (Huber 1964); its mean, sum or
 * nothing, for two tensors of one shape.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError for a delta that is not
 * above 0 or an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.huberLoss(tensor([1, 5]), tensor([2, 2]), { delta: 2 }).item(); // => 2.25
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberLossOptions = NO_OPTIONS): Tensor {
  const op = 'huberLoss';
  checkPairOf(op, input, target);
  checkOptions(op, options, HUBER_OPTIONS);
  const reduction = reductionOf(op, options, input);
  const { delta = 1 } = options;
  if (!(typeof delta === 'number' && delta > 0)) {
    throw new ArgumentError(op, 'delta', delta, `delta is a number above 0; got ${describe(delta)}`);
  }
  return bent(HUBER, input, target, { bound: delta, divisor: 1, reduction });
}
