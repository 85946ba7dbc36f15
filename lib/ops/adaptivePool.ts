// Adaptive pooling: to a given size, whatever the input's.

import { ArgumentError, describe, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import type { Axes } from './convShape.js';
import { meanOfAll } from './pool.js';
import { batched, checkInput, poolAxes } from './poolAxes.js';
import {
  adaptiveAverageImages,
  adaptiveMaxImages,
  adaptiveMaxImagesWithIndices,
  type Maxima,
} from './poolImages.js';
import { reshape } from './shape.js';

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
  /** Whether the result is { values, indices }, with each value's place h·W + w in its plane. Default false. */
  returnIndices?: boolean;
}

const ADAPTIVE_MAX_OPTIONS = optionNames<AdaptiveMaxPoolOptions>({ returnIndices: true });

/**
 * The largest values of images (N, C, H, W) or (C, H, W) in windows spread evenly, as {@link adaptiveAvgPool2d} has
 * them; NaN where there is one. The gradient flows to the first largest value.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.adaptiveMaxPool2d(tensor([[[1, 2, 3], [4, 5, 6]]]), [1, 2]).toArray(); // => [[[5, 6]]]
 */
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: TargetPair,
  options: AdaptiveMaxPoolOptions & { readonly returnIndices: true },
): Maxima;
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: TargetPair,
  options?: AdaptiveMaxPoolOptions & { readonly returnIndices?: false },
): Tensor;
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: TargetPair,
  options: AdaptiveMaxPoolOptions = NO_OPTIONS,
): Tensor | Maxima {
  const op = 'adaptiveMaxPool2d';
  checkInput(op, 2, x);
  checkOptions(op, options, ADAPTIVE_MAX_OPTIONS);
  const list = checkTarget(op, outputSize, 2);
  if (options.returnIndices !== true) {
    return batched(2, x, (a) => {
      const [height, width] = targetOf(op, a, list);
      return adaptiveMaxImages(a, height, width);
    });
  }
  const single = x.ndim === 3;
  const a = single ? reshape(x, [1, ...x.shape]) : x;
  const [height, width] = targetOf(op, a, list);
  const { values, indices } = adaptiveMaxImagesWithIndices(a, height, width);
  if (!single) return { values, indices };
  const shape = values.shape.slice(1);
  return { values: reshape(values, shape), indices: reshape(indices, shape) };
}
