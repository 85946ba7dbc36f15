// Smooth activation functions, those that shrink toward 0, and gated linear units, as layers.

import { NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  checkShrink,
  glu,
  hardshrink,
  mish,
  type ShrinkOptions,
  softshrink,
  softsign,
  tanhshrink,
} from '../../ops/softActivations.js';
import { Module } from '../module.js';
import { checkDim } from './activations.js';

/**
 * x tanh(ln(1 + eˣ)), elementwise (Misra 2019).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Mish().forward(tensor([0, 50])).toArray(); // => [0, 50]
 */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/**
 * x / (1 + |x|), elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Softsign().forward(tensor([-1, 3])).toArray(); // => [-0.5, 0.75]
 */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/**
 * x − tanh x, elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Tanhshrink().forward(tensor([0, 100])).toArray(); // => [0, 99]
 */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/**
 * x nearer to 0 by lambd, and 0 where |x| ≤ lambd, elementwise.
 *
 * @throws ArgumentError where lambd is negative.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Softshrink().forward(tensor([-2, 0.25, 2])).toArray(); // => [-1.5, 0, 1.5]
 */
export class Softshrink extends Module {
  readonly lambd: number;

  constructor(options: ShrinkOptions = NO_OPTIONS) {
    super();
    this.lambd = checkShrink('Softshrink', options);
  }

  forward(x: Tensor): Tensor {
    return softshrink(x, { lambd: this.lambd });
  }

  override extraRepr(): string {
    return `lambd=${this.lambd}`;
  }
}

/**
 * x, and 0 where |x| ≤ lambd, elementwise.
 *
 * @throws ArgumentError where lambd is negative.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Hardshrink().forward(tensor([-2, 0.25, 2])).toArray(); // => [-2, 0, 2]
 */
export class Hardshrink extends Module {
  readonly lambd: number;

  constructor(options: ShrinkOptions = NO_OPTIONS) {
    super();
    this.lambd = checkShrink('Hardshrink', options);
  }

  forward(x: Tensor): Tensor {
    return hardshrink(x, { lambd: this.lambd });
  }

  override extraRepr(): string {
    return `lambd=${this.lambd}`;
  }
}

/**
 * The gated linear unit a σ(b), where a and b are the two halves of x along `dim` (Dauphin et al. 2017).
 *
 * @throws ArgumentError where dim is not whole.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.GLU().forward(tensor([3, 0])).toArray(); // => [1.5]
 */
export class GLU extends Module {
  constructor(readonly dim = -1) {
    super();
    checkDim('GLU', dim);
  }

  forward(x: Tensor): Tensor {
    return glu(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}
