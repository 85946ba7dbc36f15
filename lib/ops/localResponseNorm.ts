// Normalisation by the squares of neighbouring channels.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { add, div, mul, pow } from './binary.js';
import { pad } from './pad.js';
import { avgPool2d } from './pool.js';
import { reshape } from './shape.js';
import { square } from './unary.js';

export interface LocalResponseNormOptions {
  /** How much the squares count. Default 1e-4. */
  alpha?: number;
  /** The power of the divisor. Default 0.75. */
  beta?: number;
  /** What is added to the squares. Default 1. */
  k?: number;
}

/** @internal */
export const LOCAL_RESPONSE_OPTIONS = optionNames<LocalResponseNormOptions>({
  alpha: true,
  beta: true,
  k: true,
});

/** Refuses a number of channels or a constant that has no meaning. @internal */
export function checkLocalResponse(op: string, size: number, options: LocalResponseNormOptions): void {
  if (!Number.isInteger(size) || size < 1)
    throw new ArgumentError(op, 'size', size, `size is a whole number from 1; got ${String(size)}`);
  for (const name of ['alpha', 'beta', 'k'] as const) {
    const value = options[name];
    if (value === undefined || Number.isFinite(value)) continue;
    throw new ArgumentError(op, name, value, `${name} is a finite number; got ${String(value)}`);
  }
}

/**
 * x / (k + alpha · m)^beta for x (N, C, …), where m is the mean of the squares of `size` neighbouring channels, zeros
 * beyond the first and the last: x with strong neighbours is held down. Krizhevsky et al. 2012, with alpha / size for
 * their alpha.
 *
 * @throws ShapeError where there are fewer than three dimensions; DTypeError for integers; ArgumentError where a number
 * has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[[1], [2]]]);
 * nn.functional.localResponseNorm(x, 1, { alpha: 1, beta: 1 }).toArray(); // => [[[0.5], [0.4]]]
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  options: LocalResponseNormOptions = NO_OPTIONS,
): Tensor {
  const op = 'localResponseNorm';
  checkTensor(op, x);
  checkOptions(op, options, LOCAL_RESPONSE_OPTIONS);
  checkFloating(op, x);
  checkLocalResponse(op, size, options);
  if (x.ndim < 3) throw new ShapeError(op, `the input is (N, C, …); got ${showShape(x.shape)}`, [x.shape]);
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  if (x.size === 0) return mul(x, 1);
  const [n, channels] = x.shape;
  const squares = reshape(square(x), [n, 1, channels, x.size / (n * channels)]);
  const around = pad(squares, [0, 0, Math.floor(size / 2), Math.floor((size - 1) / 2)]);
  const means = reshape(avgPool2d(around, [size, 1], { stride: 1 }), x.shape);
  return div(x, pow(add(mul(means, alpha), k), beta));
}
