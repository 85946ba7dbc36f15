// Layers that rearrange or resample images: other sizes, patches as columns, channels as pixels.

import { ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkTensor } from '../../ops/apply.js';
import { checkPair, type Pair } from '../../ops/convShape.js';
import {
  checkInterpolation,
  interpolate,
  UPSAMPLE_OPTIONS,
  type UpsampleOptions,
} from '../../ops/interpolate.js';
import { fold, PATCH_OPTIONS, type PatchOptions, unfold } from '../../ops/patches.js';
import { channelShuffle, checkFactor, pixelShuffle, pixelUnshuffle } from '../../ops/pixelShuffle.js';
import { Module } from '../module.js';
import { showSizes } from './convolution.js';

export interface UpsamplingOptions {
  /** The size of the result: height and width, or one for both. */
  size?: Pair;
  /** How much larger than the input. */
  scaleFactor?: Pair;
}

const UPSAMPLING_OPTIONS = optionNames<UpsamplingOptions>({ size: true, scaleFactor: true });

/**
 * Signals, images or volumes in another size, as `interpolate`.
 *
 * @throws ArgumentError where the options do not go together.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Upsample({ scaleFactor: 2 }).forward(tensor([[[1, 3]]])).toArray(); // => [[[1, 1, 3, 3]]]
 */
export class Upsample extends Module {
  readonly options: Readonly<UpsampleOptions>;

  constructor(options: UpsampleOptions) {
    super();
    checkOptions('Upsample', options, UPSAMPLE_OPTIONS);
    checkInterpolation('Upsample', options);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  override extraRepr(): string {
    const { size, scaleFactor, mode = 'nearest' } = this.options;
    const how = size === undefined ? `scaleFactor=${showSizes(scaleFactor ?? 1)}` : `size=${showSizes(size)}`;
    return `${how}, mode=${mode}`;
  }
}

/** Images in a mode that is fixed. */
abstract class UpsamplingImages extends Module {
  readonly options: Readonly<UpsamplingOptions>;

  constructor(name: string, options: UpsamplingOptions) {
    super();
    checkOptions(name, options, UPSAMPLING_OPTIONS);
    checkInterpolation(name, options);
    if (options.size !== undefined) checkPair(name, 'size', options.size, 1);
    this.options = { ...options };
  }

  override extraRepr(): string {
    const { size, scaleFactor } = this.options;
    return size === undefined ? `scaleFactor=${showSizes(scaleFactor ?? 1)}` : `size=${showSizes(size)}`;
  }
}

/**
 * Images (N, C, H, W) in another size, each value that of the nearest: `interpolate` with mode 'nearest'.
 *
 * @throws ArgumentError where the options do not go together.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.UpsamplingNearest2d({ scaleFactor: [1, 2] }).forward(tensor([[[[1, 3]]]])).toArray(); // => [[[[1, 1, 3, 3]]]]
 */
export class UpsamplingNearest2d extends UpsamplingImages {
  constructor(options: UpsamplingOptions) {
    super('UpsamplingNearest2d', options);
  }

  forward(x: Tensor): Tensor {
    return interpolate(images('UpsamplingNearest2d', x), this.options);
  }
}

/**
 * Images (N, C, H, W) in another size, mixed of the neighbours, the corners staying: `interpolate` with mode 'bilinear'
 * and `alignCorners`.
 *
 * @throws ArgumentError where the options do not go together.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.UpsamplingBilinear2d({ size: [1, 3] }).forward(tensor([[[[1, 3]]]])).toArray(); // => [[[[1, 2, 3]]]]
 */
export class UpsamplingBilinear2d extends UpsamplingImages {
  constructor(options: UpsamplingOptions) {
    super('UpsamplingBilinear2d', options);
  }

  forward(x: Tensor): Tensor {
    return interpolate(images('UpsamplingBilinear2d', x), {
      ...this.options,
      mode: 'bilinear',
      alignCorners: true,
    });
  }
}

/** Refuses what are no images. */
function images(op: string, x: Tensor): Tensor {
  checkTensor(op, x);
  if (x.ndim === 4) return x;
  throw new ShapeError(op, `the input is (N, C, H, W); got ${showShape(x.shape)}`, [x.shape]);
}

/** What unfolding and folding share: a window that moves over images. */
abstract class Patches extends Module {
  readonly options: Readonly<PatchOptions>;

  constructor(
    name: string,
    readonly kernelSize: Pair,
    options: PatchOptions,
  ) {
    super();
    checkPair(name, 'kernelSize', kernelSize, 1);
    checkOptions(name, options, PATCH_OPTIONS);
    this.options = { ...options };
  }

  override extraRepr(): string {
    const { dilation = 1, padding = 0, stride = 1 } = this.options;
    return (
      `kernelSize=${showSizes(this.kernelSize)}, dilation=${showSizes(dilation)}, ` +
      `padding=${showSizes(padding)}, stride=${showSizes(stride)}`
    );
  }
}

/**
 * The patches of images (N, C, H, W) or (C, H, W) as columns (N, C·KH·KW, L).
 *
 * @throws ArgumentError where a size has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Unfold([2, 3]).forward(ones([2, 5, 3, 4])).shape; // => [2, 30, 4]
 */
export class Unfold extends Patches {
  constructor(kernelSize: Pair, options: PatchOptions = NO_OPTIONS) {
    super('Unfold', kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }
}

/**
 * Columns of patches (N, C·KH·KW, L) as images (N, C, ...outputSize), where overlapping values add up.
 *
 * @throws ArgumentError where a size has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Fold([3, 4], [2, 3]).forward(ones([2, 30, 4])).shape; // => [2, 5, 3, 4]
 */
export class Fold extends Patches {
  constructor(
    readonly outputSize: Pair,
    kernelSize: Pair,
    options: PatchOptions = NO_OPTIONS,
  ) {
    super('Fold', kernelSize, options);
    checkPair('Fold', 'outputSize', outputSize, 1);
  }

  forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    return `outputSize=${showSizes(this.outputSize)}, ${super.extraRepr()}`;
  }
}

/**
 * Images (N, C·r², H, W) as larger ones (N, C, H·r, W·r): channels become pixels (Shi et al. 2016).
 *
 * @throws ArgumentError where the factor is not a whole number from 1.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.PixelShuffle(2).forward(ones([1, 8, 3, 3])).shape; // => [1, 2, 6, 6]
 */
export class PixelShuffle extends Module {
  constructor(readonly upscaleFactor: number) {
    super();
    checkFactor('PixelShuffle', 'upscaleFactor', upscaleFactor);
  }

  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  override extraRepr(): string {
    return `upscaleFactor=${this.upscaleFactor}`;
  }
}

/**
 * Images (N, C, H·r, W·r) as smaller ones (N, C·r², H, W): pixels become channels.
 *
 * @throws ArgumentError where the factor is not a whole number from 1.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.PixelUnshuffle(2).forward(ones([1, 2, 6, 6])).shape; // => [1, 8, 3, 3]
 */
export class PixelUnshuffle extends Module {
  constructor(readonly downscaleFactor: number) {
    super();
    checkFactor('PixelUnshuffle', 'downscaleFactor', downscaleFactor);
  }

  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  override extraRepr(): string {
    return `downscaleFactor=${this.downscaleFactor}`;
  }
}

/**
 * The channels of x (N, C, …) with those of `groups` groups taken in turn (Zhang et al. 2018).
 *
 * @throws ArgumentError where groups are not a whole number from 1.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ChannelShuffle(2).forward(tensor([[[1], [2], [3], [4]]])).toArray(); // => [[[1], [3], [2], [4]]]
 */
export class ChannelShuffle extends Module {
  constructor(readonly groups: number) {
    super();
    checkFactor('ChannelShuffle', 'groups', groups);
  }

  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }

  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}
