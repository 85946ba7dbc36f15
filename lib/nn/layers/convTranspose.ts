// The layers of transposed convolution: for signals, images and volumes.

import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
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
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  type ConvTranspose3dOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../../ops/convTranspose.js';
import { type AffineOptions, Convolution, showUnlessZero } from './convolution.js';

export interface ConvTranspose1dLayerOptions extends Omit<ConvTranspose1dOptions, 'bias'>, AffineOptions {}
export interface ConvTranspose2dLayerOptions extends Omit<ConvTranspose2dOptions, 'bias'>, AffineOptions {}
export interface ConvTranspose3dLayerOptions extends Omit<ConvTranspose3dOptions, 'bias'>, AffineOptions {}

type LayerOptions = ConvTranspose1dLayerOptions | ConvTranspose2dLayerOptions | ConvTranspose3dLayerOptions;

const CONV_TRANSPOSE_OPTIONS = optionNames<LayerOptions>({
  stride: true,
  padding: true,
  outputPadding: true,
  groups: true,
  bias: true,
  dilation: true,
  dtype: true,
});

abstract class ConvTranspose<Numbers extends readonly number[]> extends Convolution<Numbers> {
  readonly padding: Numbers;
  readonly outputPadding: Numbers;

  constructor(
    name: string,
    axes: Axes,
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: LayerOptions,
  ) {
    checkOptions(name, options, CONV_TRANSPOSE_OPTIONS);
    super(name, axes, true, inChannels, outChannels, kernelSize, options);
    const sizes = (option: string, value: Sizes): Numbers =>
      [...checkSizes(name, option, value, 0, axes)] as unknown as Numbers;
    this.padding = sizes('padding', options.padding ?? 0);
    this.outputPadding = sizes('outputPadding', options.outputPadding ?? 0);
  }

  protected override showPadding(): string[] {
    return showUnlessZero('padding', this.padding);
  }

  protected override showOutputPadding(): string[] {
    return showUnlessZero('outputPadding', this.outputPadding);
  }
}

/**
 * The transposed convolution of signals (N, inChannels, L), or one signal without N, with a weight (inChannels,
 * outChannels / groups, K), and a bias (outChannels,), which begin spread evenly over ±1/√(outChannels / groups · K).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ConvTranspose1d(8, 3, 4, { stride: 2, padding: 1 }).forward(ones([1, 8, 10])).shape; // => [1, 3, 20]
 */
export class ConvTranspose1d extends ConvTranspose<readonly [number]> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Single,
    options: ConvTranspose1dLayerOptions = NO_OPTIONS,
  ) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, padding, outputPadding, groups, dilation } = this;
    return convTranspose1d(x, this.weight, { bias, stride, padding, outputPadding, groups, dilation });
  }
}

/**
 * The transposed convolution of images (N, inChannels, H, W), or one image without N, with a weight (inChannels,
 * outChannels / groups, KH, KW), and a bias (outChannels,), which begin spread evenly over ±1/√(outChannels / groups ·
 * KH · KW).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ConvTranspose2d(8, 3, 4, { stride: 2, padding: 1 }).forward(ones([1, 8, 7, 7])).shape; // => [1, 3, 14, 14]
 */
export class ConvTranspose2d extends ConvTranspose<readonly [number, number]> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: ConvTranspose2dLayerOptions = NO_OPTIONS,
  ) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, padding, outputPadding, groups, dilation } = this;
    return convTranspose2d(x, this.weight, { bias, stride, padding, outputPadding, groups, dilation });
  }
}

/**
 * The transposed convolution of volumes (N, inChannels, D, H, W), or one volume without N, with a weight (inChannels,
 * outChannels / groups, KD, KH, KW), and a bias (outChannels,), which begin spread evenly over ±1/√(outChannels / groups
 * · KD · KH · KW).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ConvTranspose3d(4, 2, 2, { stride: 2 }).forward(ones([1, 4, 2, 3, 3])).shape; // => [1, 2, 4, 6, 6]
 */
export class ConvTranspose3d extends ConvTranspose<readonly [number, number, number]> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    options: ConvTranspose3dLayerOptions = NO_OPTIONS,
  ) {
    super('ConvTranspose3d', 3, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, padding, outputPadding, groups, dilation } = this;
    return convTranspose3d(x, this.weight, { bias, stride, padding, outputPadding, groups, dilation });
  }
}
