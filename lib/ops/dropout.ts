// Dropout of whole channels, and dropout that keeps the mean and the variance of what it is applied to.

import { ShapeError, showShape } from '../core/errors.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { add, mul, sub } from './binary.js';
import { composed } from './composed.js';
import { fill_ } from './inplace.js';
import { checkP, DROPOUT_OPTIONS, type DropoutOptions, dropped } from './random.js';

/** The probability and whether anything is dropped; refuses what is no floating tensor. */
function begin(op: string, x: Tensor, options: DropoutOptions): { p: number; on: boolean } {
  checkTensor(op, x);
  checkOptions(op, options, DROPOUT_OPTIONS);
  const p = checkP(op, options.p);
  checkFloating(op, x);
  return { p, on: options.training !== false && p > 0 };
}

/** For each channel 1 / (1 − p) or 0, in a tensor that broadcasts with x. The first `leading` dimensions count them. */
function channelMask(x: Tensor, leading: number, p: number): Tensor {
  const dims = x.shape.map((size, i) => (i < leading ? size : 1));
  return composed(() => dropped(fill_(makeTensor(denseLayout(dims), x.kind), 1), p));
}

/** Drops channels of x (N, C, …), or of (C, …) where it has one dimension less. */
function dropChannels(
  op: string,
  x: Tensor,
  options: DropoutOptions,
  forms: readonly [string, number][],
): Tensor {
  const { p, on } = begin(op, x, options);
  const form = forms.find(([shape]) => shape.split(',').length === x.ndim);
  if (form === undefined) {
    throw new ShapeError(
      op,
      `the input is ${forms.map(([shape]) => shape).join(' or ')}; got ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  return on ? mul(x, channelMask(x, form[1], p)) : x;
}

/**
 * Sets each channel of x (N, C, L) or (C, L) to 0 with probability p and divides the others by 1 − p; x itself outside
 * training (Tompson et al. 2015).
 *
 * @throws ArgumentError where p does not lie in [0, 1]; ShapeError for another number of dimensions; DTypeError on
 * integers.
 * @example
 * import { nn, ones } from 'quern';
 * const y = nn.functional.dropout1d(ones([2, 3, 4]));
 * y.amax(2).equal(y.amin(2)); // => true
 */
export function dropout1d(x: Tensor, options: DropoutOptions = NO_OPTIONS): Tensor {
  return dropChannels('dropout1d', x, options, [
    ['(N, C, L)', 2],
    ['(C, L)', 1],
  ]);
}

/**
 * Sets each channel of x (N, C, H, W) to 0 with probability p and divides the others by 1 − p; x itself outside training
 * (Tompson et al. 2015). As in PyTorch, x of three dimensions is (N, C, L).
 *
 * @throws ArgumentError where p does not lie in [0, 1]; ShapeError for another number of dimensions; DTypeError on
 * integers.
 * @example
 * import { nn, ones } from 'quern';
 * const y = nn.functional.dropout2d(ones([2, 3, 4, 4]));
 * y.amax([2, 3]).equal(y.amin([2, 3])); // => true
 */
export function dropout2d(x: Tensor, options: DropoutOptions = NO_OPTIONS): Tensor {
  return dropChannels('dropout2d', x, options, [
    ['(N, C, H, W)', 2],
    ['(N, C, L)', 2],
  ]);
}

/**
 * Sets each channel of x (N, C, D, H, W) or (C, D, H, W) to 0 with probability p and divides the others by 1 − p; x
 * itself outside training (Tompson et al. 2015).
 *
 * @throws ArgumentError where p does not lie in [0, 1]; ShapeError for another number of dimensions; DTypeError on
 * integers.
 * @example
 * import { nn, ones } from 'quern';
 * const y = nn.functional.dropout3d(ones([2, 3, 1, 4, 4]));
 * y.amax([2, 3, 4]).equal(y.amin([2, 3, 4])); // => true
 */
export function dropout3d(x: Tensor, options: DropoutOptions = NO_OPTIONS): Tensor {
  return dropChannels('dropout3d', x, options, [
    ['(N, C, D, H, W)', 2],
    ['(C, D, H, W)', 1],
  ]);
}

// What SELU tends to far below 0, with the sign turned: scale · alpha.
const LIMIT = 1.7580993408473766;

/** From values that were dropped after LIMIT was added to them: the same mean and variance as before. */
function levelled(x: Tensor, p: number): Tensor {
  if (p === 1) return x;
  // a (x + LIMIT p) for what is kept and a LIMIT (p − 1) for what is dropped.
  const a = 1 / Math.sqrt((LIMIT * LIMIT * p + 1) * (1 - p));
  return mul(sub(x, LIMIT), a * (1 - p));
}

/**
 * Sets each element to the limit of SELU below 0, −1.7581, with probability p, then scales and shifts all so that mean 0
 * and variance 1 stay what they are; x itself outside training (Klambauer et al. 2017). With p = 1 all is 0.
 *
 * @throws ArgumentError where p does not lie in [0, 1]; DTypeError on integers.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.functional.alphaDropout(zeros([3]), { training: false }).toArray(); // => [0, 0, 0]
 */
export function alphaDropout(x: Tensor, options: DropoutOptions = NO_OPTIONS): Tensor {
  const { p, on } = begin('alphaDropout', x, options);
  return on ? levelled(dropped(p === 1 ? x : add(x, LIMIT), p), p) : x;
}

/**
 * {@link alphaDropout} of whole channels of x (N, C, …) (Klambauer et al. 2017).
 *
 * @throws ArgumentError where p does not lie in [0, 1]; ShapeError below two dimensions; DTypeError on integers.
 * @example
 * import { nn, ones } from 'quern';
 * const y = nn.functional.featureAlphaDropout(ones([2, 3, 4]));
 * y.amax(2).equal(y.amin(2)); // => true
 */
export function featureAlphaDropout(x: Tensor, options: DropoutOptions = NO_OPTIONS): Tensor {
  const op = 'featureAlphaDropout';
  const { p, on } = begin(op, x, options);
  if (x.ndim < 2) {
    throw new ShapeError(op, `the input is (N, C, …); got ${showShape(x.shape)}`, [x.shape]);
  }
  if (!on) return x;
  return levelled(mul(p === 1 ? x : add(x, LIMIT), channelMask(x, 2, p)), p);
}
