// Adaptive pooling: to a given size, whatever the input's.

import { ArgumentError, describe, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import type { Axes } from './convShape.js';
import type { IndicesAsked, IndicesNotAsked } from './maxPool.js';
import { meanOfAll } from './pool.js';
import { batched, batchedMaxima, checkInput, poolAxes, poolMaxima } from './poolAxes.js';
import {
  adaptiveAverageImages,
  adaptiveMaxImages,
  adaptiveMaxImagesWithIndices,
  type Maxima,
} from './poolImages.js';

/** A size to pool to; null keeps the input's. */
type Target = number | null;

/** What a signal is pooled to. */
export type TargetSingle = number | readonly [Target];

/** What height and width are pooled to: a number for both, or one or null for each. */
export type TargetPair = number | readonly [Target, Target];

/** What depth, height and width are pooled to: a number for all, or one or null for each. */
export type TargetTriple = number | readonly [Target, Target, Target];

/** Refuses what is no size for each axis. @internal */
export function checkTarget(op: string, size: number | readonly Target[], axes: Axes): readonly Target[] {
  const list: readonly Target[] = typeof size === 'number' ? new Array<Target>(axes).fill(size) : size;
  const valid = (one: Target): boolean => one === null || (Number.isInteger(one) && one >= 1);
  if (!Array.isArray(list) || list.length !== axes || !list.every(valid)) {
    const forms = ['a list of one', 'a pair of them', 'three of them'];
    const got = Array.isArray(size) ? `[${size.map(String).join(', ')}]` : describe(size);
    throw new ArgumentError(
      op,
      'outputSize',
      size,
      `outputSize is a whole number from 1, or ${forms[axes - 1]} with null for a size that stays; got ${got}`,
    );
  }
  return list;
}

/** The sizes that (N, C, …) is pooled to. */
function targetOf(op: string, x: Tensor, list: readonly Target[]): readonly number[] {
  const from = x.shape.slice(2);
  if (from.includes(0))
    throw new ShapeError(op, `the input ${showShape(x.shape)} has an empty side`, [x.shape]);
  return list.map((size, i) => size ?? from[i]);
}

function adaptiveAvgPool(op: string, axes: Axes, x: Tensor, size: number | readonly Target[]): Tensor {
  checkInput(op, axes, x);
  const list = checkTarget(op, size, axes);
  return batched(axes, x, (a) => {
    const to = targetOf(op, a, list);
    if (to.every((one) => one === 1)) return meanOfAll(axes, a);
    return poolAxes(axes, a, to, (image, _plane, height, width) =>
      adaptiveAverageImages(image, height, width),
    );
  });
}

/**
 * Means of signals (N, C, L) or (C, L) over `outputSize` windows spread evenly: window i sees the places from
 * ⌊i·L / outputSize⌋ to ⌈(i + 1)·L / outputSize⌉.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.adaptiveAvgPool1d(tensor([[1, 2, 3, 4, 5]]), 2).toArray(); // => [[2, 4]]
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: TargetSingle): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, x, outputSize);
}

/**
 * Means of images (N, C, H, W) or (C, H, W) over windows spread evenly, so that the result is (N, C, ...outputSize);
 * null keeps a side. Row i of the result sees the rows from ⌊i·H / H'⌋ to ⌈(i + 1)·H / H'⌉. With outputSize 1 this is
 * the mean of each plane.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.adaptiveAvgPool2d(tensor([[[1, 2, 3], [4, 5, 6]]]), [1, 2]).toArray(); // => [[[3, 4]]]
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: TargetPair): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, x, outputSize);
}

/**
 * Means of volumes (N, C, D, H, W) or (C, D, H, W) over windows spread evenly: {@link adaptiveAvgPool2d} with one more
 * axis.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * nn.functional.adaptiveAvgPool3d(ones([2, 4, 5, 6, 7]), [2, null, 3]).shape; // => [2, 4, 2, 6, 3]
 */
export function adaptiveAvgPool3d(x: Tensor, outputSize: TargetTriple): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool3d', 3, x, outputSize);
}

export interface AdaptiveMaxPoolOptions {
  /**
   * Whether the result is { values, indices }, with each value's place in its signal, plane (h·W + w) or volume. Default
   * false.
   */
  returnIndices?: boolean;
}

/** @internal */
export const ADAPTIVE_MAX_OPTIONS = optionNames<AdaptiveMaxPoolOptions>({ returnIndices: true });

function adaptiveMaxPool(
  op: string,
  axes: Axes,
  x: Tensor,
  size: number | readonly Target[],
  options: AdaptiveMaxPoolOptions,
): Tensor | Maxima {
  checkInput(op, axes, x);
  checkOptions(op, options, ADAPTIVE_MAX_OPTIONS);
  const list = checkTarget(op, size, axes);
  if (options.returnIndices === true) {
    return batchedMaxima(axes, x, (a) =>
      poolMaxima(axes, a, targetOf(op, a, list), (image, _plane, height, width) =>
        adaptiveMaxImagesWithIndices(image, height, width),
      ),
    );
  }
  return batched(axes, x, (a) =>
    poolAxes(axes, a, targetOf(op, a, list), (image, _plane, height, width) =>
      adaptiveMaxImages(image, height, width),
    ),
  );
}

/**
 * The largest values of signals (N, C, L) or (C, L) in windows spread evenly, as {@link adaptiveAvgPool1d} has them;
 * NaN where there is one. The gradient flows to the first largest value, or the last NaN. With `returnIndices` also
 * where each lies.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.adaptiveMaxPool1d(tensor([[1, 2, 3, 4, 5]]), 2).toArray(); // => [[3, 5]]
 */
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: TargetSingle,
  options: AdaptiveMaxPoolOptions & IndicesAsked,
): Maxima;
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: TargetSingle,
  options?: AdaptiveMaxPoolOptions & IndicesNotAsked,
): Tensor;
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: TargetSingle,
  options?: AdaptiveMaxPoolOptions,
): Tensor | Maxima;
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: TargetSingle,
  options: AdaptiveMaxPoolOptions = NO_OPTIONS,
): Tensor | Maxima {
  return adaptiveMaxPool('adaptiveMaxPool1d', 1, x, outputSize, options);
}

/**
 * The largest values of images (N, C, H, W) or (C, H, W) in windows spread evenly, as {@link adaptiveAvgPool2d} has
 * them; NaN where there is one. The gradient flows to the first largest value, or the last NaN. With `returnIndices`
 * also where each lies.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.adaptiveMaxPool2d(tensor([[[1, 2, 3], [4, 5, 6]]]), [1, 2]).toArray(); // => [[[5, 6]]]
 */
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: TargetPair,
  options: AdaptiveMaxPoolOptions & IndicesAsked,
): Maxima;
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: TargetPair,
  options?: AdaptiveMaxPoolOptions & IndicesNotAsked,
): Tensor;
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: TargetPair,
  options?: AdaptiveMaxPoolOptions,
): Tensor | Maxima;
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: TargetPair,
  options: AdaptiveMaxPoolOptions = NO_OPTIONS,
): Tensor | Maxima {
  return adaptiveMaxPool('adaptiveMaxPool2d', 2, x, outputSize, options);
}

/**
 * The largest values of volumes (N, C, D, H, W) or (C, D, H, W) in windows spread evenly, as {@link adaptiveAvgPool3d}
 * has them; NaN where there is one. The gradient flows to the first largest value, or the last NaN. With
 * `returnIndices` also where each lies.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.adaptiveMaxPool3d(tensor([[[[1, 2], [6, 4]], [[3, 8], [5, 7]]]]), [2, 1, 1]).toArray(); // => [[[[6]], [[8]]]]
 */
export function adaptiveMaxPool3d(
  x: Tensor,
  outputSize: TargetTriple,
  options: AdaptiveMaxPoolOptions & IndicesAsked,
): Maxima;
export function adaptiveMaxPool3d(
  x: Tensor,
  outputSize: TargetTriple,
  options?: AdaptiveMaxPoolOptions & IndicesNotAsked,
): Tensor;
export function adaptiveMaxPool3d(
  x: Tensor,
  outputSize: TargetTriple,
  options?: AdaptiveMaxPoolOptions,
): Tensor | Maxima;
export function adaptiveMaxPool3d(
  x: Tensor,
  outputSize: TargetTriple,
  options: AdaptiveMaxPoolOptions = NO_OPTIONS,
): Tensor | Maxima {
  return adaptiveMaxPool('adaptiveMaxPool3d', 3, x, outputSize, options);
}
