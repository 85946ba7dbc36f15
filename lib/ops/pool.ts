// Means of windows along one, two and three axes, and what all pooling shares: how windows lie.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { type Axes, checkSizes, type Pair, type Single, type Sizes, type Triple } from './convShape.js';
import { batched, checkInput, ofPlane, poolAxes } from './poolAxes.js';
import { averageImages } from './poolImages.js';
import { mean } from './reduce.js';

export interface WindowOptions<Size extends Sizes> {
  /** From one window to the next. Default: the window's size. */
  stride?: Size;
  /** Added on each side: at most half the window. Default 0. */
  padding?: Size;
  /** Whether windows that reach over the end count too. Default false. */
  ceilMode?: boolean;
}

interface MeanOptions<Size extends Sizes> extends WindowOptions<Size> {
  /** Whether the padding's zeros count in the mean. Default true. */
  countIncludePad?: boolean;
}

interface DivisorOptions<Size extends Sizes> extends MeanOptions<Size> {
  /** What sums are divided by, instead of the count. */
  divisorOverride?: number;
}

export type AvgPool1dOptions = MeanOptions<Single>;
export type AvgPoolOptions = DivisorOptions<Pair>;
export type AvgPool3dOptions = DivisorOptions<Triple>;

/** @internal */
export const AVG_POOL1D_OPTIONS = optionNames<MeanOptions<Sizes>>({
  stride: true,
  padding: true,
  ceilMode: true,
  countIncludePad: true,
});

/** @internal */
export const AVG_POOL_OPTIONS = optionNames<DivisorOptions<Sizes>>({
  stride: true,
  padding: true,
  ceilMode: true,
  countIncludePad: true,
  divisorOverride: true,
});

/** How many windows fit along one side. @internal */
export function windows(
  op: string,
  x: Tensor,
  axis: number,
  window: number,
  stride: number,
  padding: number,
  dilation: number,
  ceil: boolean,
): number {
  const room = x.shape[axis] + 2 * padding - dilation * (window - 1) - 1;
  let count = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  // A window must begin inside the input or its left padding.
  if (ceil && (count - 1) * stride >= x.shape[axis] + padding) count--;
  if (room < 0 || count < 1) {
    throw new ShapeError(
      op,
      `a window of ${window} does not fit into dim ${axis} of the input ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  return count;
}

/** @internal */
export function checkPadding(op: string, padding: readonly number[], window: readonly number[]): void {
  if (padding.some((pad, i) => pad > window[i] / 2)) {
    throw new ArgumentError(
      op,
      'padding',
      padding,
      `padding is at most half the window ${showShape(window)}; got ${showShape(padding)}`,
    );
  }
}

/** @internal */
export function avgPool<Size extends Sizes>(
  op: string,
  axes: Axes,
  x: Tensor,
  kernelSize: Size,
  options: DivisorOptions<Size>,
): Tensor {
  checkInput(op, axes, x);
  checkOptions(op, options, axes === 1 ? AVG_POOL1D_OPTIONS : AVG_POOL_OPTIONS);
  const window = checkSizes(op, 'kernelSize', kernelSize, 1, axes);
  const stride = checkSizes(op, 'stride', options.stride ?? window, 1, axes);
  const padding = checkSizes(op, 'padding', options.padding ?? 0, 0, axes);
  checkPadding(op, padding, window);
  const divisor = options.divisorOverride ?? 0;
  if (options.divisorOverride === 0 || !Number.isFinite(divisor)) {
    throw new ArgumentError(
      op,
      'divisorOverride',
      divisor,
      `divisorOverride is a finite number but 0; got ${divisor}`,
    );
  }
  const ceil = options.ceilMode ?? false;
  const rule = [(options.countIncludePad ?? true) ? 1 : 0, divisor, ceil ? 1 : 0];
  return batched(axes, x, (a) => {
    const to = window.map((size, i) => windows(op, a, i + 2, size, stride[i], padding[i], 1, ceil));
    if (divisor === 0 && window.every((size, i) => size === a.shape[i + 2] && padding[i] === 0)) {
      return meanOfAll(axes, a);
    }
    return poolAxes(axes, a, to, (image, plane, height, width) => {
      // The count is the product of the axes' counts; a divisor of one's own is for the last step.
      const ofStep = divisor !== 0 && axes === 3 && plane[1] >= 0 ? [rule[0], 1, rule[2]] : rule;
      const geometry = [
        ...ofPlane(plane, window, 1),
        ...ofPlane(plane, stride, 1),
        ...ofPlane(plane, padding, 0),
        ...ofStep,
      ];
      return averageImages(image, geometry, height, width);
    });
  });
}

/** The one window that holds everything: (N, C, …) to (N, C, 1, …). @internal */
export function meanOfAll(axes: Axes, x: Tensor): Tensor {
  const spatial = Array.from({ length: axes }, (_, i) => i + 2);
  return mean(x, spatial, { keepdim: true });
}

/**
 * The mean of each window of signals (N, C, L) or (C, L). The padding's zeros count, unless told otherwise.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.avgPool1d(tensor([[1, 2, 3, 6]]), 2).toArray(); // => [[1.5, 4.5]]
 */
export function avgPool1d(x: Tensor, kernelSize: Single, options: AvgPool1dOptions = NO_OPTIONS): Tensor {
  return avgPool<Single>('avgPool1d', 1, x, kernelSize, options);
}

/**
 * The mean of each window of images (N, C, H, W) or (C, H, W). The padding's zeros count, unless told otherwise.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.avgPool2d(tensor([[[1, 2], [3, 6]]]), 2).toArray(); // => [[[3]]]
 */
export function avgPool2d(x: Tensor, kernelSize: Pair, options: AvgPoolOptions = NO_OPTIONS): Tensor {
  return avgPool('avgPool2d', 2, x, kernelSize, options);
}

/**
 * The mean of each window of volumes (N, C, D, H, W) or (C, D, H, W). The padding's zeros count, unless told otherwise.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.avgPool3d(tensor([[[[1, 2], [3, 4]], [[5, 6], [7, 12]]]]), 2).toArray(); // => [[[[5]]]]
 */
export function avgPool3d(x: Tensor, kernelSize: Triple, options: AvgPool3dOptions = NO_OPTIONS): Tensor {
  return avgPool('avgPool3d', 3, x, kernelSize, options);
}
