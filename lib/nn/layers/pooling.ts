// The pooling layers for images.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkPair, type Pair } from '../../ops/convShape.js';
import {
  AVG_POOL_OPTIONS,
  type AvgPoolOptions,
  avgPool2d,
  MAX_POOL_OPTIONS,
  type MaxPoolOptions,
  maxPool2d,
} from '../../ops/pool.js';
import { Module } from '../module.js';

/** A pair as layers print it: 2, or (2, 3). @internal */
export function showPair(pair: Pair): string {
  if (typeof pair === 'number') return String(pair);
  return pair[0] === pair[1] ? String(pair[0]) : `(${pair.join(', ')})`;
}

/**
 * The largest value in each window of images (N, C, H, W) or (C, H, W).
 *
 * @throws ArgumentError where the size has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.MaxPool2d(2).forward(tensor([[[1, 2], [3, 4]]])).toArray(); // => [[[4]]]
 */
export class MaxPool2d extends Module {
  readonly options: Readonly<MaxPoolOptions>;

  constructor(
    readonly kernelSize: Pair,
    options: MaxPoolOptions = NO_OPTIONS,
  ) {
    super();
    checkPair('MaxPool2d', 'kernelSize', kernelSize, 1);
    checkOptions('MaxPool2d', options, MAX_POOL_OPTIONS);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const { stride, padding, dilation, ceilMode } = this.options;
    return (
      `kernelSize=${showPair(this.kernelSize)}, stride=${showPair(stride ?? this.kernelSize)}, ` +
      `padding=${showPair(padding ?? 0)}, dilation=${showPair(dilation ?? 1)}, ceilMode=${ceilMode ?? false}`
    );
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
export class AvgPool2d extends Module {
  readonly options: Readonly<AvgPoolOptions>;

  constructor(
    readonly kernelSize: Pair,
    options: AvgPoolOptions = NO_OPTIONS,
  ) {
    super();
    checkPair('AvgPool2d', 'kernelSize', kernelSize, 1);
    checkOptions('AvgPool2d', options, AVG_POOL_OPTIONS);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }

  override extraRepr(): string {
    const { stride, padding } = this.options;
    return (
      `kernelSize=${showPair(this.kernelSize)}, stride=${showPair(stride ?? this.kernelSize)}, ` +
      `padding=${showPair(padding ?? 0)}`
    );
  }
}
