// The layers that put pooled values back where they lay: for signals, images and volumes.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import type { Pair, Single, Triple } from '../../ops/convShape.js';
import {
  type MaxUnpool1dWindow,
  type MaxUnpool2dWindow,
  type MaxUnpool3dWindow,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  UNPOOL_SIZE,
  UNPOOL_WINDOW,
  type UnpoolSize,
} from '../../ops/maxUnpool.js';
import { Pool } from './pooling.js';

/**
 * Signals of zeros (N, C, L) or (C, L) with the values that {@link maxUnpool1d} is given at the places that
 * `MaxPool1d` with `returnIndices` found them at.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const pool = new nn.MaxPool1d(2, { returnIndices: true });
 * const { values, indices } = pool.forward(tensor([[1, 2, 4, 3]]));
 * new nn.MaxUnpool1d(2).forward(values, indices).toArray(); // => [[0, 2, 4, 0]]
 */
export class MaxUnpool1d extends Pool<Single, MaxUnpool1dWindow> {
  constructor(kernelSize: Single, options: MaxUnpool1dWindow = NO_OPTIONS) {
    super('MaxUnpool1d', 1, kernelSize, options, UNPOOL_WINDOW);
  }

  forward(x: Tensor, indices: Tensor, options: UnpoolSize = NO_OPTIONS): Tensor {
    checkOptions('MaxUnpool1d.forward', options, UNPOOL_SIZE);
    return maxUnpool1d(x, indices, this.kernelSize, { ...this.options, ...options });
  }
}

/**
 * Images of zeros (N, C, H, W) or (C, H, W) with the values that {@link maxUnpool2d} is given at the places that
 * `MaxPool2d` with `returnIndices` found them at.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const pool = new nn.MaxPool2d(2, { returnIndices: true });
 * const { values, indices } = pool.forward(tensor([[[1, 2], [5, 3]]]));
 * new nn.MaxUnpool2d(2).forward(values, indices).toArray(); // => [[[0, 0], [5, 0]]]
 */
export class MaxUnpool2d extends Pool<Pair, MaxUnpool2dWindow> {
  constructor(kernelSize: Pair, options: MaxUnpool2dWindow = NO_OPTIONS) {
    super('MaxUnpool2d', 2, kernelSize, options, UNPOOL_WINDOW);
  }

  forward(x: Tensor, indices: Tensor, options: UnpoolSize = NO_OPTIONS): Tensor {
    checkOptions('MaxUnpool2d.forward', options, UNPOOL_SIZE);
    return maxUnpool2d(x, indices, this.kernelSize, { ...this.options, ...options });
  }
}

/**
 * Volumes of zeros (N, C, D, H, W) or (C, D, H, W) with the values that {@link maxUnpool3d} is given at the places that
 * `MaxPool3d` with `returnIndices` found them at.
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const pool = new nn.MaxPool3d(2, { returnIndices: true });
 * const { values, indices } = pool.forward(tensor([[[[1, 2], [4, 3]], [[0, 0], [5, 3]]]]));
 * new nn.MaxUnpool3d(2).forward(values, indices).toArray(); // => [[[[0, 0], [0, 0]], [[0, 0], [5, 0]]]]
 */
export class MaxUnpool3d extends Pool<Triple, MaxUnpool3dWindow> {
  constructor(kernelSize: Triple, options: MaxUnpool3dWindow = NO_OPTIONS) {
    super('MaxUnpool3d', 3, kernelSize, options, UNPOOL_WINDOW);
  }

  forward(x: Tensor, indices: Tensor, options: UnpoolSize = NO_OPTIONS): Tensor {
    checkOptions('MaxUnpool3d.forward', options, UNPOOL_SIZE);
    return maxUnpool3d(x, indices, this.kernelSize, { ...this.options, ...options });
  }
}
