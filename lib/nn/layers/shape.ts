// Layers that compute nothing: what passes through keeps its values.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { FLATTEN_OPTIONS, type FlattenOptions, flatten, unflatten } from '../../ops/shape.js';
import { Module } from '../module.js';

/**
 * Joins the dimensions from startDim (default 1, which leaves the batch) to endDim (default the last) into one.
 *
 * @example
 * import { nn, zeros } from 'quern';
 * new nn.Flatten().forward(zeros([2, 3, 4])).shape; // => [2, 12]
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(options: FlattenOptions = NO_OPTIONS) {
    super();
    checkOptions('Flatten', options, FLATTEN_OPTIONS);
    this.startDim = options.startDim ?? 1;
    this.endDim = options.endDim ?? -1;
  }

  forward(x: Tensor): Tensor {
    return flatten(x, { startDim: this.startDim, endDim: this.endDim });
  }

  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/**
 * Divides a dimension into several, one of whose sizes may be −1: the inverse of {@link Flatten}.
 *
 * @throws ShapeError where the sizes do not fit the dimension.
 * @example
 * import { nn, zeros } from 'quern';
 * new nn.Unflatten(1, [3, -1]).forward(zeros([2, 12])).shape; // => [2, 3, 4]
 */
export class Unflatten extends Module {
  readonly unflattenedSize: readonly number[];

  constructor(
    readonly dim: number,
    unflattenedSize: readonly number[],
  ) {
    super();
    this.unflattenedSize = [...unflattenedSize];
  }

  forward(x: Tensor): Tensor {
    return unflatten(x, this.dim, this.unflattenedSize);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattenedSize=[${this.unflattenedSize.join(', ')}]`;
  }
}

/**
 * Passes its input on.
 *
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Identity().forward(ones([2])).toArray(); // => [1, 1]
 */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
