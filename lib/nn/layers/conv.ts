// The convolutional layers: for signals, images and volumes.

import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  conv1d,
  conv2d,
  conv3d,
} from '../../ops/conv.js';
import {
  type Axes,
  checkSizes,
  type Pair,
  type Single,
  type Sizes,
  samePadding,
  type Triple,
} from '../../ops/convShape.js';
import { pad } from '../../ops/pad.js';
import { type AffineOptions, Convolution, showUnlessZero } from './convolution.js';

const PADDING_MODES = ['zeros', 'reflect', 'replicate', 'circular'] as const;

export type PaddingMode = (typeof PADDING_MODES)[number];

interface PaddingOptions {
  /** What the padding holds: zeros, or the input's own values as `pad` has them. Default 'zeros'. */
  paddingMode?: PaddingMode;
}

export interface Conv1dLayerOptions extends Omit<Conv1dOptions, 'bias'>, AffineOptions, PaddingOptions {}
export interface Conv2dLayerOptions extends Omit<Conv2dOptions, 'bias'>, AffineOptions, PaddingOptions {}
export interface Conv3dLayerOptions extends Omit<Conv3dOptions, 'bias'>, AffineOptions, PaddingOptions {}

type LayerOptions = Conv1dLayerOptions | Conv2dLayerOptions | Conv3dLayerOptions;

const CONV_OPTIONS = optionNames<LayerOptions>({
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
  bias: true,
  paddingMode: true,
  dtype: true,
});

abstract class Conv<Numbers extends readonly number[]> extends Convolution<Numbers> {
  readonly padding: Numbers | 'same' | 'valid';
  readonly paddingMode: PaddingMode;

  constructor(
    name: string,
    axes: Axes,
    inChannels: number,
    outChannels: number,
    kernelSize: Sizes,
    options: LayerOptions,
  ) {
    checkOptions(name, options, CONV_OPTIONS);
    super(name, axes, false, inChannels, outChannels, kernelSize, options);
    const padding = options.padding ?? 0;
    this.padding =
      padding === 'same' || padding === 'valid'
        ? padding
        : ([...checkSizes(name, 'padding', padding, 0, axes)] as unknown as Numbers);
    const mode = options.paddingMode ?? 'zeros';
    if (!PADDING_MODES.includes(mode)) {
      throw new ArgumentError(
        name,
        'paddingMode',
        mode,
        `paddingMode is one of ${PADDING_MODES.join(', ')}; got ${String(mode)}`,
      );
    }
    this.paddingMode = mode;
  }

  /** What the convolution takes: the input and its padding, or the input padded with its own values. @internal */
  padded(x: Tensor): { input: Tensor; padding: Numbers | 'same' | 'valid' } {
    const { dilation, kernelSize, padding, paddingMode, stride } = this;
    if (paddingMode === 'zeros' || padding === 'valid') return { input: x, padding };
    const name = this.constructor.name;
    const { before, after } =
      padding === 'same'
        ? samePadding(name, kernelSize, stride, dilation)
        : { before: padding, after: padding };
    const margins = before
      .map((size, i) => [size, after[i]])
      .reverse()
      .flat();
    return { input: pad(x, margins, { mode: paddingMode }), padding: 'valid' };
  }

  protected override showPadding(): string[] {
    const { padding, paddingMode } = this;
    const sizes = typeof padding === 'string' ? [`padding=${padding}`] : showUnlessZero('padding', padding);
    return paddingMode === 'zeros' ? sizes : [...sizes, `paddingMode=${paddingMode}`];
  }
}

/**
 * Convolves signals (N, inChannels, L), or one signal without N, with a weight (outChannels, inChannels / groups, K) and
 * adds a bias (outChannels,), which begin spread evenly over ±1/√(inChannels / groups · K).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Conv1d(3, 8, 5, { padding: 'same' }).forward(ones([1, 3, 20])).shape; // => [1, 8, 20]
 */
export class Conv1d extends Conv<readonly [number]> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Single,
    options: Conv1dLayerOptions = NO_OPTIONS,
  ) {
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, dilation, groups } = this;
    const { input, padding } = this.padded(x);
    return conv1d(input, this.weight, { bias, stride, padding, dilation, groups });
  }
}

/**
 * Convolves images (N, inChannels, H, W), or one image without N, with a weight (outChannels, inChannels / groups, KH,
 * KW) and adds a bias (outChannels,), which begin spread evenly over ±1/√(inChannels / groups · KH · KW).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Conv2d(3, 8, 3, { padding: 1, stride: 2 }).forward(ones([1, 3, 6, 6])).shape; // => [1, 8, 3, 3]
 */
export class Conv2d extends Conv<readonly [number, number]> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2dLayerOptions = NO_OPTIONS,
  ) {
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, dilation, groups } = this;
    const { input, padding } = this.padded(x);
    return conv2d(input, this.weight, { bias, stride, padding, dilation, groups });
  }
}

/**
 * Convolves volumes (N, inChannels, D, H, W), or one volume without N, with a weight (outChannels, inChannels / groups,
 * KD, KH, KW) and adds a bias (outChannels,), which begin spread evenly over ±1/√(inChannels / groups · KD · KH · KW).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Conv3d(1, 4, [1, 3, 3], { padding: [0, 1, 1] }).forward(ones([1, 1, 2, 5, 5])).shape; // => [1, 4, 2, 5, 5]
 */
export class Conv3d extends Conv<readonly [number, number, number]> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    options: Conv3dLayerOptions = NO_OPTIONS,
  ) {
    super('Conv3d', 3, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, dilation, groups } = this;
    const { input, padding } = this.padded(x);
    return conv3d(input, this.weight, { bias, stride, padding, dilation, groups });
  }
}
