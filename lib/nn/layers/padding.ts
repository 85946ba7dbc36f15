// The padding layers: for signals, images and volumes, with a number or with the input's own values.

import { ArgumentError, describe, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { type Axes, inputForm } from '../../ops/convShape.js';
import { type PadMode, pad } from '../../ops/pad.js';
import { Module } from '../module.js';

/** How much is added before and after a signal: one number, or two. */
export type Padding1d = number | readonly [number, number];

/** Left, right, top and bottom of an image, or one number. */
export type Padding2d = number | readonly [number, number, number, number];

/** Left, right, top, bottom, front and back of a volume, or one number. */
export type Padding3d = number | readonly [number, number, number, number, number, number];

abstract class PadLayer extends Module {
  readonly padding: readonly number[];

  constructor(
    private readonly axes: Axes,
    padding: number | readonly number[],
    private readonly mode: PadMode,
    readonly value = 0,
  ) {
    super();
    const list = typeof padding === 'number' ? new Array<number>(2 * axes).fill(padding) : padding;
    if (!Array.isArray(list) || list.length !== 2 * axes || !list.every(Number.isInteger)) {
      throw new ArgumentError(
        this.constructor.name,
        'padding',
        padding,
        `padding is a whole number, or ${2 * axes} of them; got ${Array.isArray(padding) ? `[${padding.join(', ')}]` : describe(padding)}`,
      );
    }
    this.padding = [...list];
  }

  forward(x: Tensor): Tensor {
    const { axes, mode, padding, value } = this;
    if (x.ndim !== axes + 1 && x.ndim !== axes + 2) {
      const form = inputForm(axes);
      throw new ShapeError(
        this.constructor.name,
        `the input is ${form} or ${form.replace('N, ', '')}; got ${showShape(x.shape)}`,
        [x.shape],
      );
    }
    return pad(x, padding, mode === 'constant' ? { mode, value } : { mode });
  }

  override extraRepr(): string {
    const sizes = `(${this.padding.join(', ')})`;
    return this.value === 0 ? sizes : `padding=${sizes}, value=${this.value}`;
  }
}

/**
 * Signals (N, C, L) or (C, L) padded with a number.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ConstantPad1d(1, 9).forward(tensor([[1, 2, 3]])).toArray(); // => [[9, 1, 2, 3, 9]]
 */
export class ConstantPad1d extends PadLayer {
  constructor(padding: Padding1d, value: number) {
    super(1, padding, 'constant', value);
  }
}

/**
 * Images (N, C, H, W) or (C, H, W) padded with a number.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ConstantPad2d(1, 9).forward(ones([1, 3, 3])).shape; // => [1, 5, 5]
 */
export class ConstantPad2d extends PadLayer {
  constructor(padding: Padding2d, value: number) {
    super(2, padding, 'constant', value);
  }
}

/**
 * Volumes (N, C, D, H, W) or (C, D, H, W) padded with a number.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ConstantPad3d(1, 9).forward(ones([1, 3, 3, 3])).shape; // => [1, 5, 5, 5]
 */
export class ConstantPad3d extends PadLayer {
  constructor(padding: Padding3d, value: number) {
    super(3, padding, 'constant', value);
  }
}

/**
 * Signals (N, C, L) or (C, L) padded with zeros.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ZeroPad1d(1).forward(tensor([[1, 2, 3]])).toArray(); // => [[0, 1, 2, 3, 0]]
 */
export class ZeroPad1d extends PadLayer {
  constructor(padding: Padding1d) {
    super(1, padding, 'constant');
  }
}

/**
 * Images (N, C, H, W) or (C, H, W) padded with zeros.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ZeroPad2d(1).forward(ones([1, 3, 3])).shape; // => [1, 5, 5]
 */
export class ZeroPad2d extends PadLayer {
  constructor(padding: Padding2d) {
    super(2, padding, 'constant');
  }
}

/**
 * Volumes (N, C, D, H, W) or (C, D, H, W) padded with zeros.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ZeroPad3d(1).forward(ones([1, 3, 3, 3])).shape; // => [1, 5, 5, 5]
 */
export class ZeroPad3d extends PadLayer {
  constructor(padding: Padding3d) {
    super(3, padding, 'constant');
  }
}

/**
 * Signals (N, C, L) or (C, L) padded with what lies inside, mirrored at the first and last values.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ReflectionPad1d(1).forward(tensor([[1, 2, 3]])).toArray(); // => [[2, 1, 2, 3, 2]]
 */
export class ReflectionPad1d extends PadLayer {
  constructor(padding: Padding1d) {
    super(1, padding, 'reflect');
  }
}

/**
 * Images (N, C, H, W) or (C, H, W) padded with what lies inside, mirrored at the first and last values.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ReflectionPad2d(1).forward(ones([1, 3, 3])).shape; // => [1, 5, 5]
 */
export class ReflectionPad2d extends PadLayer {
  constructor(padding: Padding2d) {
    super(2, padding, 'reflect');
  }
}

/**
 * Volumes (N, C, D, H, W) or (C, D, H, W) padded with what lies inside, mirrored at the first and last values.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ReflectionPad3d(1).forward(ones([1, 3, 3, 3])).shape; // => [1, 5, 5, 5]
 */
export class ReflectionPad3d extends PadLayer {
  constructor(padding: Padding3d) {
    super(3, padding, 'reflect');
  }
}

/**
 * Signals (N, C, L) or (C, L) padded with their first and last values.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ReplicationPad1d(1).forward(tensor([[1, 2, 3]])).toArray(); // => [[1, 1, 2, 3, 3]]
 */
export class ReplicationPad1d extends PadLayer {
  constructor(padding: Padding1d) {
    super(1, padding, 'replicate');
  }
}

/**
 * Images (N, C, H, W) or (C, H, W) padded with their first and last values.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ReplicationPad2d(1).forward(ones([1, 3, 3])).shape; // => [1, 5, 5]
 */
export class ReplicationPad2d extends PadLayer {
  constructor(padding: Padding2d) {
    super(2, padding, 'replicate');
  }
}

/**
 * Volumes (N, C, D, H, W) or (C, D, H, W) padded with their first and last values.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.ReplicationPad3d(1).forward(ones([1, 3, 3, 3])).shape; // => [1, 5, 5, 5]
 */
export class ReplicationPad3d extends PadLayer {
  constructor(padding: Padding3d) {
    super(3, padding, 'replicate');
  }
}

/**
 * Signals (N, C, L) or (C, L) padded with what lies at their other ends.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.CircularPad1d(1).forward(tensor([[1, 2, 3]])).toArray(); // => [[3, 1, 2, 3, 1]]
 */
export class CircularPad1d extends PadLayer {
  constructor(padding: Padding1d) {
    super(1, padding, 'circular');
  }
}

/**
 * Images (N, C, H, W) or (C, H, W) padded with what lies at their other ends.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.CircularPad2d(1).forward(ones([1, 3, 3])).shape; // => [1, 5, 5]
 */
export class CircularPad2d extends PadLayer {
  constructor(padding: Padding2d) {
    super(2, padding, 'circular');
  }
}

/**
 * Volumes (N, C, D, H, W) or (C, D, H, W) padded with what lies at their other ends.
 *
 * @throws ArgumentError where the padding has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.CircularPad3d(1).forward(ones([1, 3, 3, 3])).shape; // => [1, 5, 5, 5]
 */
export class CircularPad3d extends PadLayer {
  constructor(padding: Padding3d) {
    super(3, padding, 'circular');
  }
}
