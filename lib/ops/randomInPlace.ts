// Random numbers over a tensor in place, as methods and functions. What was there before has no gradient.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { FLOAT32, FLOAT64, INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { checkInPlace, finishInPlace, recordInPlace } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { castTo, checkFits, checkFloating, checkTensor, copyValues, rule, scalarTensor } from './apply.js';
import { checkBounds, checkNormal, drawPlace, type Law, sample } from './random.js';
import { expandTo } from './shape.js';

const DRAWN = rule('random_', { a: [0, () => null] });

/** Numbers of a law over x; kernels draw into dense tensors of a floating dtype, or of int32. */
function draw(op: string, x: Tensor, fill: (target: Tensor) => void, kind = x.kind): Tensor {
  checkInPlace(op, x, false);
  recordInPlace(DRAWN, x, null, null, null);
  if (x.isContiguous && x.kind === kind) {
    fill(x);
  } else {
    const dense = makeTensor(x.layout.dense, kind);
    fill(dense);
    copyValues(x, dense);
    dense.dispose();
  }
  finishInPlace(x);
  return x;
}

/** The same for a law of two numbers, in floating dtypes alone. */
function drawLaw(op: string, law: Law, x: Tensor, first: number, second: number): Tensor {
  checkFloating(op, x);
  return draw(op, x, (target) => sample(law, target, first, second));
}

function checkAbove0(op: string, name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0)
    throw new ArgumentError(op, name, value, `${name} is a finite number above 0; got ${String(value)}`);
}

export interface RangeOptions {
  /** The lower bound. Default 0. */
  from?: number;
  /** The upper bound, excluded. */
  to?: number;
}

/** @internal */
export const RANGE_OPTIONS = optionNames<RangeOptions>({ from: true, to: true });

/**
 * Numbers spread evenly over [from, to), by default [0, 1), written over x.
 *
 * @throws ArgumentError where the bounds are not finite or from > to; DTypeError on integers; GradientError where
 * autograd would be wrong.
 * @example
 * import { uniform_, zeros } from 'quern';
 * uniform_(zeros([100]), { from: 2, to: 3 }).amin().item() >= 2; // => true
 */
export function uniform_(x: Tensor, options: RangeOptions = NO_OPTIONS): Tensor {
  checkTensor('uniform_', x);
  checkOptions('uniform_', options, RANGE_OPTIONS);
  const { from = 0, to = 1 } = options;
  checkBounds('uniform_', from, to);
  return drawLaw('uniform_', 'uniform', x, from, to);
}

export interface NormalOptions {
  mean?: number;
  std?: number;
}

/** @internal */
export const NORMAL_OPTIONS = optionNames<NormalOptions>({ mean: true, std: true });

/**
 * Normal numbers, by default of mean 0 and standard deviation 1, written over x.
 *
 * @throws ArgumentError where they are not finite or std < 0; DTypeError on integers; GradientError where autograd
 * would be wrong.
 * @example
 * import { normal_, zeros } from 'quern';
 * normal_(zeros([2]), { mean: 3, std: 0 }).toArray(); // => [3, 3]
 */
export function normal_(x: Tensor, options: NormalOptions = NO_OPTIONS): Tensor {
  checkTensor('normal_', x);
  checkOptions('normal_', options, NORMAL_OPTIONS);
  const { mean = 0, std = 1 } = options;
  checkNormal('normal_', mean, std);
  return drawLaw('normal_', 'normal', x, mean, std);
}

/**
 * Numbers whose logarithm is normal, by default of mean 1 and standard deviation 2, written over x.
 *
 * @throws ArgumentError where they are not finite or std < 0; DTypeError on integers; GradientError where autograd
 * would be wrong.
 * @example
 * import { logNormal_, zeros } from 'quern';
 * logNormal_(zeros([2]), { mean: 0, std: 0 }).toArray(); // => [1, 1]
 */
export function logNormal_(x: Tensor, options: NormalOptions = NO_OPTIONS): Tensor {
  checkTensor('logNormal_', x);
  checkOptions('logNormal_', options, NORMAL_OPTIONS);
  const { mean = 1, std = 2 } = options;
  checkNormal('logNormal_', mean, std);
  return drawLaw('logNormal_', 'logNormal', x, mean, std);
}

export interface ExponentialOptions {
  /** The rate. Default 1. */
  lambd?: number;
}

/** @internal */
export const EXPONENTIAL_OPTIONS = optionNames<ExponentialOptions>({ lambd: true });

/**
 * Numbers from the exponential distribution of a rate, written over x.
 *
 * @throws ArgumentError where the rate is not finite and above 0; DTypeError on integers; GradientError where autograd
 * would be wrong.
 * @example
 * import { exponential_, zeros } from 'quern';
 * exponential_(zeros([100])).amin().item() > 0; // => true
 */
export function exponential_(x: Tensor, options: ExponentialOptions = NO_OPTIONS): Tensor {
  checkTensor('exponential_', x);
  checkOptions('exponential_', options, EXPONENTIAL_OPTIONS);
  const { lambd = 1 } = options;
  checkAbove0('exponential_', 'lambd', lambd);
  return drawLaw('exponential_', 'exponential', x, lambd, 0);
}

export interface CauchyOptions {
  /** Default 0. */
  median?: number;
  /** Half the distance between the quartiles. Default 1. */
  sigma?: number;
}

/** @internal */
export const CAUCHY_OPTIONS = optionNames<CauchyOptions>({ median: true, sigma: true });

/**
 * Numbers from the Cauchy distribution, written over x.
 *
 * @throws ArgumentError where the median is not finite or sigma not finite and above 0; DTypeError on integers;
 * GradientError where autograd would be wrong.
 * @example
 * import { cauchy_, zeros } from 'quern';
 * cauchy_(zeros([3])).isFinite().all().item(); // => true
 */
export function cauchy_(x: Tensor, options: CauchyOptions = NO_OPTIONS): Tensor {
  checkTensor('cauchy_', x);
  checkOptions('cauchy_', options, CAUCHY_OPTIONS);
  const { median = 0, sigma = 1 } = options;
  checkBounds('cauchy_', median, median);
  checkAbove0('cauchy_', 'sigma', sigma);
  return drawLaw('cauchy_', 'cauchy', x, median, sigma);
}

/**
 * How many trials of a probability it takes to succeed, from 1, written over x.
 *
 * @throws ArgumentError where p does not lie in (0, 1); GradientError where autograd would be wrong.
 * @example
 * import { geometric_, zeros } from 'quern';
 * geometric_(zeros([100]), 0.5).amin().item(); // => 1
 */
export function geometric_(x: Tensor, p: number): Tensor {
  checkTensor('geometric_', x);
  if (!(p > 0 && p < 1))
    throw new ArgumentError('geometric_', 'p', p, `p is a probability in (0, 1); got ${String(p)}`);
  const logFailure = Math.log1p(-p);
  const fill = (target: Tensor): unknown => sample('geometric', target, logFailure, 0);
  return draw('geometric_', x, fill, isFloatKind(x.kind) ? x.kind : FLOAT64);
}

export interface BernoulliOptions {
  /** The probability of 1: a number, or a tensor that broadcasts. Default 0.5. */
  p?: number | Tensor;
}

/** @internal */
export const BERNOULLI_OPTIONS = optionNames<BernoulliOptions>({ p: true });

/**
 * 1 with a probability, else 0, written over x.
 *
 * @throws ArgumentError where a probability does not lie in [0, 1]; ShapeError where those do not broadcast;
 * GradientError where autograd would be wrong.
 * @example
 * import { bernoulli_, tensor, zeros } from 'quern';
 * bernoulli_(zeros([2, 2]), { p: tensor([0, 1]) }).toArray(); // => [[0, 1], [0, 1]]
 */
export function bernoulli_(x: Tensor, options: BernoulliOptions = NO_OPTIONS): Tensor {
  checkTensor('bernoulli_', x);
  checkOptions('bernoulli_', options, BERNOULLI_OPTIONS);
  const { p = 0.5 } = options;
  const kind = isFloatKind(x.kind) ? x.kind : FLOAT32;
  const chance = p instanceof Tensor ? p : scalarTensor(p, kind);
  checkTensor('bernoulli_', chance);
  checkFits('bernoulli_', x, chance);
  const wide = expandTo(castTo(chance.detach(), kind), x.layout.dense);
  // Drawn apart, for the kernel refuses what is no probability, and x must be as it was then.
  const drawn = makeTensor(x.layout.dense, kind);
  drawPlace(x.size, 4);
  active.run2(kernel.bernoulli, kind, drawn, wide);
  return draw('bernoulli_', x, (target) => copyValues(target, drawn));
}

// Up to where whole numbers are dense in each dtype.
const WHOLE_UNTIL = [2 ** 24, 2 ** 53, 2 ** 31, 2 ** 8, 2];

/**
 * Whole numbers spread evenly over [from, to), written over x. Without bounds from 0 on all that the dtype holds
 * without gaps: below 2^24 in float32, 2^53 in float64, 2^31 in int32, 2^8 in uint8, 2 in bool.
 *
 * @throws ArgumentError where the bounds are not whole 32-bit numbers or leave nothing; GradientError where autograd
 * would be wrong.
 * @example
 * import { random_, zeros } from 'quern';
 * random_(zeros([3]), { from: 4, to: 5 }).toArray(); // => [4, 4, 4]
 */
export function random_(x: Tensor, options: RangeOptions = NO_OPTIONS): Tensor {
  checkTensor('random_', x);
  checkOptions('random_', options, RANGE_OPTIONS);
  const { from = 0, to } = options;
  // More than 32 bits are a uniform number's own.
  if (from === 0 && to === undefined && x.kind === FLOAT64)
    return draw('random_', x, (target) => sample('uniform', target, 0, WHOLE_UNTIL[FLOAT64]));
  const high = to ?? Math.min(2 ** 31, WHOLE_UNTIL[x.kind]);
  if (
    !Number.isInteger(from) ||
    !Number.isInteger(high) ||
    from >= high ||
    from < -(2 ** 31) ||
    high > 2 ** 31
  ) {
    throw new ArgumentError(
      'random_',
      'to',
      to,
      `from and to are whole 32-bit numbers with from < to; got ${String(from)} and ${String(to)}`,
    );
  }
  return draw('random_', x, (target) => sample('randint', target, from, high), Math.min(x.kind, INT32));
}
