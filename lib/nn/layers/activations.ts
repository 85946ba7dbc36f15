// Activation functions as layers.

import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  checkApproximate,
  checkSoftplus,
  type GeluOptions,
  gelu,
  relu,
  type SoftplusOptions,
  sigmoid,
  silu,
  softplus,
  tanh,
} from '../../ops/activation.js';
import { logSigmoid } from '../../ops/logSigmoid.js';
import { logSoftmax, softmax, softmin } from '../../ops/softmax.js';
import { Module } from '../module.js';

/**
 * max(x, 0), elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ReLU().forward(tensor([-1, 2])).toArray(); // => [0, 2]
 */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * The Gaussian error linear unit x Φ(x), elementwise, or its approximation by tanh, as {@link gelu}.
 *
 * @throws ArgumentError for an approximation that there is not.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.GELU({ approximate: 'tanh' }).forward(tensor([0, 10])).toArray(); // => [0, 10]
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(options: GeluOptions = NO_OPTIONS) {
    super();
    this.approximate = checkApproximate('GELU', options);
  }

  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }

  override extraRepr(): string {
    return `approximate=${this.approximate}`;
  }
}

/**
 * The sigmoid linear unit x / (1 + e⁻ˣ), elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.SiLU().forward(tensor([0, 50])).toArray(); // => [0, 50]
 */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/**
 * The hyperbolic tangent, elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Tanh().forward(tensor([0])).toArray(); // => [0]
 */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/**
 * The logistic function 1 / (1 + e⁻ˣ), elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Sigmoid().forward(tensor([0])).toArray(); // => [0.5]
 */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/**
 * ln(1 / (1 + e⁻ˣ)), elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.LogSigmoid().forward(tensor([-200])).toArray(); // => [-200]
 */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/**
 * ln(1 + e^(beta x)) / beta, elementwise, and x itself where beta x is above a threshold, as {@link softplus}.
 *
 * @throws ArgumentError where beta is 0.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Softplus().forward(tensor([30])).toArray(); // => [30]
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(options: SoftplusOptions = NO_OPTIONS) {
    super();
    ({ beta: this.beta, threshold: this.threshold } = checkSoftplus('Softplus', options));
  }

  forward(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }

  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** @internal */
export function checkDim(layer: string, dim: number): void {
  if (!Number.isInteger(dim)) throw new ArgumentError(layer, 'dim', dim, `dim is a whole number; got ${dim}`);
}

/**
 * eˣ / Σ eˣ along `dim`.
 *
 * @throws ArgumentError where dim is not whole.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Softmax(-1).forward(tensor([0, 0])).toArray(); // => [0.5, 0.5]
 */
export class Softmax extends Module {
  constructor(readonly dim: number) {
    super();
    checkDim('Softmax', dim);
  }

  forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * The logarithm of {@link Softmax}, without overflow.
 *
 * @throws ArgumentError where dim is not whole.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.LogSoftmax(-1).forward(tensor([7])).toArray(); // => [0]
 */
export class LogSoftmax extends Module {
  constructor(readonly dim: number) {
    super();
    checkDim('LogSoftmax', dim);
  }

  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * e⁻ˣ / Σ e⁻ˣ along `dim`.
 *
 * @throws ArgumentError where dim is not whole.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Softmin(0).forward(tensor([0, 1000])).toArray(); // => [1, 0]
 */
export class Softmin extends Module {
  constructor(readonly dim: number) {
    super();
    checkDim('Softmin', dim);
  }

  forward(x: Tensor): Tensor {
    return softmin(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * {@link Softmax} over the channels of x (N, C, H, W) or (C, H, W), at each place of an image.
 *
 * @throws ShapeError in forward, for another number of dimensions.
 * @example
 * import { nn, zeros } from 'quern';
 * new nn.Softmax2d().forward(zeros([2, 1, 1])).toArray(); // => [[[0.5]], [[0.5]]]
 */
export class Softmax2d extends Module {
  forward(x: Tensor): Tensor {
    if (x.ndim !== 3 && x.ndim !== 4) {
      throw new ShapeError('Softmax2d', `the input is (N, C, H, W) or (C, H, W); got ${showShape(x.shape)}`, [
        x.shape,
      ]);
    }
    return softmax(x, -3);
  }
}
