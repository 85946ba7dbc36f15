// The layers that take norms of windows: for signals, images and volumes.

import { NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import type { Axes, Pair, Single, Sizes, Triple } from '../../ops/convShape.js';
import {
  checkNormType,
  LP_POOL_OPTIONS,
  type LpPool1dOptions,
  type LpPool3dOptions,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
} from '../../ops/lpPool.js';
import { showSizes } from './convolution.js';
import { Pool } from './pooling.js';

interface NormOptions {
  stride?: Sizes;
  ceilMode?: boolean;
}

abstract class LPPool<Size extends Sizes, Options extends NormOptions> extends Pool<Size, Options> {
  constructor(
    name: string,
    axes: Axes,
    readonly normType: number,
    kernelSize: Size,
    options: Options,
  ) {
    super(name, axes, kernelSize, options, LP_POOL_OPTIONS);
    checkNormType(name, normType);
  }

  override extraRepr(): string {
    const { stride, ceilMode } = this.options;
    return (
      `normType=${this.normType}, kernelSize=${showSizes(this.kernelSize)}, ` +
      `stride=${showSizes(stride ?? this.kernelSize)}, ceilMode=${ceilMode ?? false}`
    );
  }
}

/**
 * The p-norm of each window of signals (N, C, L) or (C, L): (Σ xᵖ)^(1/p) with p = `normType`, as `lpPool1d`.
 *
 * @throws ArgumentError where the order or the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.LPPool1d(2, 2).forward(tensor([[3, 4, 0, 2]])).toArray(); // => [[5, 2]]
 */
export class LPPool1d extends LPPool<Single, LpPool1dOptions> {
  constructor(normType: number, kernelSize: Single, options: LpPool1dOptions = NO_OPTIONS) {
    super('LPPool1d', 1, normType, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/**
 * The p-norm of each window of images (N, C, H, W) or (C, H, W): (Σ xᵖ)^(1/p) with p = `normType`, as `lpPool2d`.
 *
 * @throws ArgumentError where the order or the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.LPPool2d(2, 2).forward(tensor([[[0, 3], [4, 0]]])).toArray(); // => [[[5]]]
 */
export class LPPool2d extends LPPool<Pair, LpPoolOptions> {
  constructor(normType: number, kernelSize: Pair, options: LpPoolOptions = NO_OPTIONS) {
    super('LPPool2d', 2, normType, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

/**
 * The p-norm of each window of volumes (N, C, D, H, W) or (C, D, H, W): (Σ xᵖ)^(1/p) with p = `normType`, as `lpPool3d`.
 *
 * @throws ArgumentError where the order or the size has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.LPPool3d(2, 2).forward(ones([1, 2, 2, 2])).shape; // => [1, 1, 1, 1]
 */
export class LPPool3d extends LPPool<Triple, LpPool3dOptions> {
  constructor(normType: number, kernelSize: Triple, options: LpPool3dOptions = NO_OPTIONS) {
    super('LPPool3d', 3, normType, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return lpPool3d(x, this.normType, this.kernelSize, this.options);
  }
}
