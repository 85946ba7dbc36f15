// The pooling layers: for signals, images and volumes.

import { checkOptions, NO_OPTIONS, type OptionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  type Axes,
  checkSizes,
  type Pair,
  type Single,
  type Sizes,
  type Triple,
} from '../../ops/convShape.js';
import {
  MAX_POOL_OPTIONS,
  type MaxPool1dOptions,
  type MaxPool3dOptions,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../../ops/maxPool.js';
import {
  AVG_POOL_OPTIONS,
  AVG_POOL1D_OPTIONS,
  type AvgPool1dOptions,
  type AvgPool3dOptions,
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
} from '../../ops/pool.js';
import type { Maxima } from '../../ops/poolImages.js';
import { Module } from '../module.js';
import { showSizes } from './convolution.js';

interface WindowOptions {
  stride?: Sizes;
  padding?: Sizes;
}

/** A window that moves over the input: what layers that pool, and those that undo it, have in common. */
export abstract class Pool<Size extends Sizes, Options extends WindowOptions> extends Module {
  readonly options: Readonly<Options>;

  constructor(
    name: string,
    axes: Axes,
    readonly kernelSize: Size,
    options: Options,
    names: OptionNames,
  ) {
    super();
    checkSizes(name, 'kernelSize', kernelSize, 1, axes);
    checkOptions(name, options, names);
    this.options = { ...options };
  }

  override extraRepr(): string {
    const { stride, padding } = this.options;
    return (
      `kernelSize=${showSizes(this.kernelSize)}, stride=${showSizes(stride ?? this.kernelSize)}, ` +
      `padding=${showSizes(padding ?? 0)}`
    );
  }
}

/** What a layer answers: the values alone, or with them where they lie. */
export type Pooled<Indices extends boolean> = Indices extends true ? Maxima : Tensor;

/** The option that decides on it. */
export interface IndicesOption<Indices extends boolean> {
  /** Whether the result is { values, indices }, as MaxUnpool takes them. Default false. */
  returnIndices?: Indices;
}

interface MaxOptions extends WindowOptions {
  dilation?: Sizes;
  ceilMode?: boolean;
}

abstract class MaxPool<Size extends Sizes, Options extends MaxOptions> extends Pool<Size, Options> {
  override extraRepr(): string {
    const { dilation, ceilMode } = this.options;
    return `${super.extraRepr()}, dilation=${showSizes(dilation ?? 1)}, ceilMode=${ceilMode ?? false}`;
  }
}

/**
 * The largest value in each window of signals (N, C, L) or (C, L); with `returnIndices` also where
 * each lies.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.MaxPool1d(2).forward(tensor([[1, 2, 4, 3]])).toArray(); // => [[2, 4]]
 */
export class MaxPool1d<Indices extends boolean = false> extends MaxPool<Single, MaxPool1dOptions> {
  constructor(kernelSize: Single, options: MaxPool1dOptions & IndicesOption<Indices> = NO_OPTIONS) {
    super('MaxPool1d', 1, kernelSize, options, MAX_POOL_OPTIONS);
  }

  forward(x: Tensor): Pooled<Indices> {
    return maxPool1d(x, this.kernelSize, this.options) as Pooled<Indices>;
  }
}

/**
 * The largest value in each window of images (N, C, H, W) or (C, H, W); with `returnIndices` also where
 * each lies.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.MaxPool2d(2).forward(tensor([[[1, 2], [3, 4]]])).toArray(); // => [[[4]]]
 */
export class MaxPool2d<Indices extends boolean = false> extends MaxPool<Pair, MaxPoolOptions> {
  constructor(kernelSize: Pair, options: MaxPoolOptions & IndicesOption<Indices> = NO_OPTIONS) {
    super('MaxPool2d', 2, kernelSize, options, MAX_POOL_OPTIONS);
  }

  forward(x: Tensor): Pooled<Indices> {
    return maxPool2d(x, this.kernelSize, this.options) as Pooled<Indices>;
  }
}

/**
 * The largest value in each window of volumes (N, C, D, H, W) or (C, D, H, W); with `returnIndices` also where
 * each lies.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.MaxPool3d(2).forward(ones([1, 3, 4, 6, 6])).shape; // => [1, 3, 2, 3, 3]
 */
export class MaxPool3d<Indices extends boolean = false> extends MaxPool<Triple, MaxPool3dOptions> {
  constructor(kernelSize: Triple, options: MaxPool3dOptions & IndicesOption<Indices> = NO_OPTIONS) {
    super('MaxPool3d', 3, kernelSize, options, MAX_POOL_OPTIONS);
  }

  forward(x: Tensor): Pooled<Indices> {
    return maxPool3d(x, this.kernelSize, this.options) as Pooled<Indices>;
  }
}

/**
 * The mean of each window of signals (N, C, L) or (C, L).
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.AvgPool1d(2).forward(tensor([[1, 2, 3, 6]])).toArray(); // => [[1.5, 4.5]]
 */
export class AvgPool1d extends Pool<Single, AvgPool1dOptions> {
  constructor(kernelSize: Single, options: AvgPool1dOptions = NO_OPTIONS) {
    super('AvgPool1d', 1, kernelSize, options, AVG_POOL1D_OPTIONS);
  }

  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of images (N, C, H, W) or (C, H, W).
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.AvgPool2d(2).forward(tensor([[[1, 2], [3, 6]]])).toArray(); // => [[[3]]]
 */
export class AvgPool2d extends Pool<Pair, AvgPoolOptions> {
  constructor(kernelSize: Pair, options: AvgPoolOptions = NO_OPTIONS) {
    super('AvgPool2d', 2, kernelSize, options, AVG_POOL_OPTIONS);
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of volumes (N, C, D, H, W) or (C, D, H, W).
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.AvgPool3d([1, 2, 2]).forward(ones([1, 3, 4, 6, 6])).shape; // => [1, 3, 4, 3, 3]
 */
export class AvgPool3d extends Pool<Triple, AvgPool3dOptions> {
  constructor(kernelSize: Triple, options: AvgPool3dOptions = NO_OPTIONS) {
    super('AvgPool3d', 3, kernelSize, options, AVG_POOL_OPTIONS);
  }

  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}
