// The adaptive pooling layers: to a given size, whatever the input's.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  ADAPTIVE_MAX_OPTIONS,
  type AdaptiveMaxPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  checkTarget,
  type TargetPair,
  type TargetSingle,
  type TargetTriple,
} from '../../ops/adaptivePool.js';
import type { Axes } from '../../ops/convShape.js';
import { Module } from '../module.js';
import type { IndicesOption, Pooled } from './pooling.js';

abstract class AdaptivePool<Target extends number | readonly (number | null)[]> extends Module {
  constructor(
    name: string,
    axes: Axes,
    readonly outputSize: Target,
  ) {
    super();
    checkTarget(name, outputSize, axes);
  }

  override extraRepr(): string {
    const { outputSize } = this;
    return `outputSize=${typeof outputSize === 'number' ? outputSize : `(${outputSize.map(String).join(', ')})`}`;
  }
}

/**
 * Means of signals (N, C, L) or (C, L) over `outputSize` windows spread evenly.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.AdaptiveAvgPool1d(2).forward(tensor([[1, 2, 3, 4, 5]])).toArray(); // => [[2, 4]]
 */
export class AdaptiveAvgPool1d extends AdaptivePool<TargetSingle> {
  constructor(outputSize: TargetSingle) {
    super('AdaptiveAvgPool1d', 1, outputSize);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/**
 * Means of images (N, C, H, W) or (C, H, W) over windows spread evenly, to (N, C, ...outputSize); null keeps a side.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.AdaptiveAvgPool2d(1).forward(tensor([[[1, 2], [3, 6]]])).toArray(); // => [[[3]]]
 */
export class AdaptiveAvgPool2d extends AdaptivePool<TargetPair> {
  constructor(outputSize: TargetPair) {
    super('AdaptiveAvgPool2d', 2, outputSize);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * Means of volumes (N, C, D, H, W) or (C, D, H, W) over windows spread evenly, to (N, C, ...outputSize); null keeps a
 * side.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.AdaptiveAvgPool3d([1, null, 2]).forward(ones([2, 3, 4, 5, 6])).shape; // => [2, 3, 1, 5, 2]
 */
export class AdaptiveAvgPool3d extends AdaptivePool<TargetTriple> {
  constructor(outputSize: TargetTriple) {
    super('AdaptiveAvgPool3d', 3, outputSize);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}

abstract class AdaptiveMaxPool<
  Target extends number | readonly (number | null)[],
> extends AdaptivePool<Target> {
  readonly options: Readonly<AdaptiveMaxPoolOptions>;

  constructor(name: string, axes: Axes, outputSize: Target, options: AdaptiveMaxPoolOptions) {
    super(name, axes, outputSize);
    checkOptions(name, options, ADAPTIVE_MAX_OPTIONS);
    this.options = { ...options };
  }
}

/**
 * The largest values of signals (N, C, L) or (C, L) in windows spread evenly, to (N, C, ...outputSize); null keeps
 * a side. With `returnIndices` also where each lies.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.AdaptiveMaxPool1d(2).forward(tensor([[1, 2, 3, 4, 5]])).toArray(); // => [[3, 5]]
 */
export class AdaptiveMaxPool1d<Indices extends boolean = false> extends AdaptiveMaxPool<TargetSingle> {
  constructor(outputSize: TargetSingle, options: IndicesOption<Indices> = NO_OPTIONS) {
    super('AdaptiveMaxPool1d', 1, outputSize, options);
  }

  forward(x: Tensor): Pooled<Indices> {
    return adaptiveMaxPool1d(x, this.outputSize, this.options) as Pooled<Indices>;
  }
}

/**
 * The largest values of images (N, C, H, W) or (C, H, W) in windows spread evenly, to (N, C, ...outputSize); null keeps
 * a side. With `returnIndices` also where each lies.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.AdaptiveMaxPool2d(1).forward(tensor([[[1, 2], [6, 3]]])).toArray(); // => [[[6]]]
 */
export class AdaptiveMaxPool2d<Indices extends boolean = false> extends AdaptiveMaxPool<TargetPair> {
  constructor(outputSize: TargetPair, options: IndicesOption<Indices> = NO_OPTIONS) {
    super('AdaptiveMaxPool2d', 2, outputSize, options);
  }

  forward(x: Tensor): Pooled<Indices> {
    return adaptiveMaxPool2d(x, this.outputSize, this.options) as Pooled<Indices>;
  }
}

/**
 * The largest values of volumes (N, C, D, H, W) or (C, D, H, W) in windows spread evenly, to (N, C, ...outputSize); null keeps
 * a side. With `returnIndices` also where each lies.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.AdaptiveMaxPool3d(1).forward(tensor([[[[1, 2]], [[6, 3]]]])).toArray(); // => [[[[6]]]]
 */
export class AdaptiveMaxPool3d<Indices extends boolean = false> extends AdaptiveMaxPool<TargetTriple> {
  constructor(outputSize: TargetTriple, options: IndicesOption<Indices> = NO_OPTIONS) {
    super('AdaptiveMaxPool3d', 3, outputSize, options);
  }

  forward(x: Tensor): Pooled<Indices> {
    return adaptiveMaxPool3d(x, this.outputSize, this.options) as Pooled<Indices>;
  }
}
