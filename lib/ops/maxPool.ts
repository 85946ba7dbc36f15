// The largest values of windows along one, two and three axes, with first and second gradients.

import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { type Axes, checkSizes, type Pair, type Single, type Sizes, type Triple } from './convShape.js';
import { checkPadding, type WindowOptions, windows } from './pool.js';
import { batched, batchedMaxima, checkInput, ofPlane, type Plane, poolAxes, poolMaxima } from './poolAxes.js';
import { type Geometry, type Maxima, maxImages, maxImagesWithIndices } from './poolImages.js';

interface MaxOptions<Size extends Sizes> extends WindowOptions<Size> {
  /** Distance between the window's points. Default 1. */
  dilation?: Size;
  /**
   * Whether the result is { values, indices }, with each value's place in its signal, plane (h·W + w) or volume, which is
   * what `maxUnpool` takes. Default false.
   */
  returnIndices?: boolean;
}

export type MaxPool1dOptions = MaxOptions<Single>;
export type MaxPoolOptions = MaxOptions<Pair>;
export type MaxPool3dOptions = MaxOptions<Triple>;

/** What options say where indices are asked for. */
export interface IndicesAsked {
  readonly returnIndices: true;
}

/** What they say where not. */
export interface IndicesNotAsked {
  readonly returnIndices?: false;
}

/** @internal */
export const MAX_POOL_OPTIONS = optionNames<MaxOptions<Sizes>>({
  stride: true,
  padding: true,
  dilation: true,
  ceilMode: true,
  returnIndices: true,
});

function maxPool<Size extends Sizes>(
  op: string,
  axes: Axes,
  x: Tensor,
  kernelSize: Size,
  options: MaxOptions<Size>,
): Tensor | Maxima {
  checkInput(op, axes, x);
  checkOptions(op, options, MAX_POOL_OPTIONS);
  const window = checkSizes(op, 'kernelSize', kernelSize, 1, axes);
  const stride = checkSizes(op, 'stride', options.stride ?? window, 1, axes);
  const padding = checkSizes(op, 'padding', options.padding ?? 0, 0, axes);
  const dilation = checkSizes(op, 'dilation', options.dilation ?? 1, 1, axes);
  checkPadding(op, padding, window);
  const ceil = options.ceilMode ?? false;
  const sizesOf = (a: Tensor): readonly number[] =>
    window.map((size, i) => windows(op, a, i + 2, size, stride[i], padding[i], dilation[i], ceil));
  const along = (plane: Plane): Geometry => [
    ...ofPlane(plane, window, 1),
    ...ofPlane(plane, stride, 1),
    ...ofPlane(plane, padding, 0),
    ...ofPlane(plane, dilation, 1),
  ];
  if (options.returnIndices === true) {
    return batchedMaxima(axes, x, (a) =>
      poolMaxima(axes, a, sizesOf(a), (image, plane, height, width) =>
        maxImagesWithIndices(image, along(plane), height, width),
      ),
    );
  }
  return batched(axes, x, (a) =>
    poolAxes(axes, a, sizesOf(a), (image, plane, height, width) =>
      maxImages(image, along(plane), height, width),
    ),
  );
}

/**
 * The largest value in each window of signals (N, C, L) or (C, L); NaN where there is one. The gradient flows to the
 * first largest value, or the last NaN. Padding counts as −∞. With `returnIndices` also where each value lies.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.maxPool1d(tensor([[1, 2, 4, 3]]), 2).toArray(); // => [[2, 4]]
 * nn.functional.maxPool1d(tensor([[1, 2, 4, 3]]), 2, { returnIndices: true }).indices.toArray(); // => [[1, 2]]
 */
export function maxPool1d(x: Tensor, kernelSize: Single, options: MaxPool1dOptions & IndicesAsked): Maxima;
export function maxPool1d(
  x: Tensor,
  kernelSize: Single,
  options?: MaxPool1dOptions & IndicesNotAsked,
): Tensor;
export function maxPool1d(x: Tensor, kernelSize: Single, options?: MaxPool1dOptions): Tensor | Maxima;
export function maxPool1d(
  x: Tensor,
  kernelSize: Single,
  options: MaxPool1dOptions = NO_OPTIONS,
): Tensor | Maxima {
  return maxPool('maxPool1d', 1, x, kernelSize, options);
}

/**
 * The largest value in each window of images (N, C, H, W) or (C, H, W); NaN where there is one. The gradient flows to
 * the first largest value, or the last NaN. Padding counts as −∞. With `returnIndices` also where each value lies in
 * its plane.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.maxPool2d(tensor([[[1, 2], [3, 4]]]), 2).toArray(); // => [[[4]]]
 * nn.functional.maxPool2d(tensor([[[1, 2], [3, 4]]]), 2, { returnIndices: true }).indices.toArray(); // => [[[3]]]
 */
export function maxPool2d(x: Tensor, kernelSize: Pair, options: MaxPoolOptions & IndicesAsked): Maxima;
export function maxPool2d(x: Tensor, kernelSize: Pair, options?: MaxPoolOptions & IndicesNotAsked): Tensor;
export function maxPool2d(x: Tensor, kernelSize: Pair, options?: MaxPoolOptions): Tensor | Maxima;
export function maxPool2d(
  x: Tensor,
  kernelSize: Pair,
  options: MaxPoolOptions = NO_OPTIONS,
): Tensor | Maxima {
  return maxPool('maxPool2d', 2, x, kernelSize, options);
}

/**
 * The largest value in each window of volumes (N, C, D, H, W) or (C, D, H, W); NaN where there is one. The gradient
 * flows to the first largest value, or the last NaN. Padding counts as −∞. With `returnIndices` also where each value
 * lies in its volume.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[[[1, 2], [3, 4]], [[5, 6], [8, 7]]]]);
 * nn.functional.maxPool3d(x, 2).toArray(); // => [[[[8]]]]
 * nn.functional.maxPool3d(x, 2, { returnIndices: true }).indices.toArray(); // => [[[[6]]]]
 */
export function maxPool3d(x: Tensor, kernelSize: Triple, options: MaxPool3dOptions & IndicesAsked): Maxima;
export function maxPool3d(
  x: Tensor,
  kernelSize: Triple,
  options?: MaxPool3dOptions & IndicesNotAsked,
): Tensor;
export function maxPool3d(x: Tensor, kernelSize: Triple, options?: MaxPool3dOptions): Tensor | Maxima;
export function maxPool3d(
  x: Tensor,
  kernelSize: Triple,
  options: MaxPool3dOptions = NO_OPTIONS,
): Tensor | Maxima {
  return maxPool('maxPool3d', 3, x, kernelSize, options);
}
