// Norms of windows along one, two and three axes.

import { ArgumentError } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { mul, pow } from './binary.js';
import { ne } from './compare.js';
import { type Axes, checkSizes, type Pair, type Single, type Sizes, type Triple } from './convShape.js';
import { avgPool } from './pool.js';
import { checkInput } from './poolAxes.js';
import { where } from './where.js';

interface NormOptions<Size extends Sizes> {
  /** From one window to the next. Default: the window's size. */
  stride?: Size;
  /** Whether windows that reach over the end count too. Default false. */
  ceilMode?: boolean;
}

export type LpPool1dOptions = NormOptions<Single>;
export type LpPoolOptions = NormOptions<Pair>;
export type LpPool3dOptions = NormOptions<Triple>;

/** @internal */
export const LP_POOL_OPTIONS = optionNames<NormOptions<Sizes>>({ stride: true, ceilMode: true });

/** Refuses an order that no root can be taken of. @internal */
export function checkNormType(op: string, normType: number): void {
  if (Number.isFinite(normType) && normType !== 0) return;
  throw new ArgumentError(
    op,
    'normType',
    normType,
    `normType is a finite number but 0; got ${String(normType)}`,
  );
}

function lpPool<Size extends Sizes>(
  op: string,
  axes: Axes,
  x: Tensor,
  normType: number,
  kernelSize: Size,
  options: NormOptions<Size>,
): Tensor {
  checkInput(op, axes, x);
  checkOptions(op, options, LP_POOL_OPTIONS);
  checkNormType(op, normType);
  const window = checkSizes(op, 'kernelSize', kernelSize, 1, axes);
  const means = avgPool<Size>(op, axes, pow(x, normType), kernelSize, options);
  const count = window.reduce((product, size) => product * size, 1);
  const sums = mul(means, count);
  // The root of 0 has no slope; that of a window of zeros is taken to be 0, as PyTorch has it.
  const some = ne(sums, 0);
  return where(some, pow(where(some, sums, 1), 1 / normType), 0 ** (1 / normType));
}

/**
 * The p-norm of each window of signals (N, C, L) or (C, L): (Σ xᵖ)^(1/p) with p = `normType`, as PyTorch without absolute
 * values, so that an odd p may give NaN. A window that hangs over the end in ceil mode is scaled up as if it were whole.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.lpPool1d(tensor([[3, 4, 0, 2]]), 2, 2).toArray(); // => [[5, 2]]
 */
export function lpPool1d(
  x: Tensor,
  normType: number,
  kernelSize: Single,
  options: LpPool1dOptions = NO_OPTIONS,
): Tensor {
  return lpPool('lpPool1d', 1, x, normType, kernelSize, options);
}

/**
 * The p-norm of each window of images (N, C, H, W) or (C, H, W): (Σ xᵖ)^(1/p) with p = `normType`, as PyTorch without
 * absolute values, so that an odd p may give NaN. A window that hangs over the end in ceil mode is scaled up as if it
 * were whole.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.lpPool2d(tensor([[[0, 3], [4, 0]]]), 2, 2).toArray(); // => [[[5]]]
 */
export function lpPool2d(
  x: Tensor,
  normType: number,
  kernelSize: Pair,
  options: LpPoolOptions = NO_OPTIONS,
): Tensor {
  return lpPool('lpPool2d', 2, x, normType, kernelSize, options);
}

/**
 * The p-norm of each window of volumes (N, C, D, H, W) or (C, D, H, W): {@link lpPool2d} with one more axis.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * nn.functional.lpPool3d(ones([1, 2, 2, 1]), 2, [2, 2, 1]).toArray(); // => [[[[2]]]]
 */
export function lpPool3d(
  x: Tensor,
  normType: number,
  kernelSize: Triple,
  options: LpPool3dOptions = NO_OPTIONS,
): Tensor {
  return lpPool('lpPool3d', 3, x, normType, kernelSize, options);
}
