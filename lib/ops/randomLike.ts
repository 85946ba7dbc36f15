// Random tensors by other tensors: in their shape, or with their values as parameters.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { DTYPES } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { NO_OPTIONS } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { kindFromOptions, type TensorOptions } from './create.js';
import { drawn, drawPlace, rand, randint, randn } from './random.js';

/** The dtype that options ask for, by default that of x. */
function liken(op: string, x: Tensor, options: TensorOptions): TensorOptions {
  checkTensor(op, x);
  return { ...options, dtype: DTYPES[kindFromOptions(op, options, x.kind)] };
}

/**
 * Numbers spread evenly over [0, 1), in the shape and dtype of x.
 *
 * @throws DTypeError for integers.
 * @example
 * import { randLike, zeros } from 'quern';
 * randLike(zeros([2, 3])).shape; // => [2, 3]
 */
export function randLike(x: Tensor, options: TensorOptions = NO_OPTIONS): Tensor {
  const like = liken('randLike', x, options);
  return rand(x.shape, like);
}

/**
 * Numbers from the standard normal distribution, in the shape and dtype of x.
 *
 * @throws DTypeError for integers.
 * @example
 * import { randnLike, zeros } from 'quern';
 * randnLike(zeros([2, 3])).shape; // => [2, 3]
 */
export function randnLike(x: Tensor, options: TensorOptions = NO_OPTIONS): Tensor {
  const like = liken('randnLike', x, options);
  return randn(x.shape, like);
}

/**
 * Whole numbers spread evenly from low up to, not including, high, in the shape and dtype of x.
 *
 * @throws ArgumentError where the bounds are not whole or leave nothing.
 * @example
 * import { randintLike, zeros } from 'quern';
 * randintLike(zeros([2]), 3, 4).toArray(); // => [3, 3]
 */
export function randintLike(
  x: Tensor,
  low: number,
  high: number,
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  const like = liken('randintLike', x, options);
  return randint(low, high, x.shape, like);
}

/**
 * Numbers from the exponential distribution of a rate.
 *
 * @throws ArgumentError where the rate is not finite and above 0; DTypeError for integers.
 * @example
 * import { exponential } from 'quern';
 * exponential([100], 2).amin().item() > 0; // => true
 */
export function exponential(
  shape: readonly number[],
  lambd: number,
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  if (!Number.isFinite(lambd) || lambd <= 0) {
    throw new ArgumentError(
      'exponential',
      'lambd',
      lambd,
      `lambd is a finite number above 0; got ${String(lambd)}`,
    );
  }
  return drawn('exponential', 'exponential', shape, lambd, 0, options);
}

/** A draw with a parameter for each element, and without a gradient. */
function drawnBy(op: 'standardGamma' | 'poisson', x: Tensor): Tensor {
  checkFloating(op, x);
  const out = makeTensor(x.layout.dense, x.kind);
  drawPlace(x.size, 1);
  active.run2(kernel[op], x.kind, out, x);
  return out;
}

/**
 * Numbers from the gamma distribution, elementwise of the concentration (shape) that stands in x and rate 1 (Marsaglia
 * and Tsang 2000). Divide by a rate for others. No gradient flows to x.
 *
 * @throws ArgumentError where a concentration is not finite and above 0; DTypeError for integers.
 * @example
 * import { standardGamma, tensor } from 'quern';
 * standardGamma(tensor([0.5, 20])).gt(0).toArray(); // => [true, true]
 */
export function standardGamma(x: Tensor): Tensor {
  return drawnBy('standardGamma', x);
}

/**
 * Whole numbers from the Poisson distribution, elementwise of the rate that stands in x (Hörmann 1993 for large ones). No
 * gradient flows to x.
 *
 * @throws ArgumentError where a rate is not finite and from 0; DTypeError for integers.
 * @example
 * import { poisson, zeros } from 'quern';
 * poisson(zeros([2])).toArray(); // => [0, 0]
 */
export function poisson(x: Tensor): Tensor {
  return drawnBy('poisson', x);
}
