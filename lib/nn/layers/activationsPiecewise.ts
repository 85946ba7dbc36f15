// Activation functions made of pieces, as layers.

import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { full } from '../../ops/create.js';
import {
  type AlphaOptions,
  celu,
  checkAlpha,
  checkHardtanh,
  checkThreshold,
  elu,
  type HardtanhOptions,
  hardsigmoid,
  hardswish,
  hardtanh,
  LEAKY_RELU_OPTIONS,
  type LeakyReluOptions,
  leakyRelu,
  prelu,
  relu6,
  selu,
  threshold,
} from '../../ops/rectifiers.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

/**
 * x above 0 and negativeSlope · x below, elementwise, as {@link leakyRelu} (Maas, Hannun and Ng 2013).
 *
 * @throws ArgumentError for options that there are not.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.LeakyReLU({ negativeSlope: 0.5 }).forward(tensor([-2, 3])).toArray(); // => [-1, 3]
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor(options: LeakyReluOptions = NO_OPTIONS) {
    super();
    checkOptions('LeakyReLU', options, LEAKY_RELU_OPTIONS);
    this.negativeSlope = options.negativeSlope ?? 0.01;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, { negativeSlope: this.negativeSlope });
  }

  override extraRepr(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

export interface PReLUOptions {
  /** One weight for all channels, 1, or one for each: their number. Default 1. */
  numParameters?: number;
  /** What the weights begin with. Default 0.25. */
  init?: number;
}

const PRELU_OPTIONS = optionNames<PReLUOptions>({ numParameters: true, init: true });

/**
 * x above 0 and weight · x below, elementwise, with a trained weight for all channels or one for each, which dimension
 * 1 counts (He et al. 2015).
 *
 * @throws ArgumentError where numParameters is no whole number from 1.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.PReLU().forward(tensor([-4, 2])).toArray(); // => [-1, 2]
 */
export class PReLU extends Module {
  readonly numParameters: number;
  weight: Tensor;

  constructor(options: PReLUOptions = NO_OPTIONS) {
    super();
    checkOptions('PReLU', options, PRELU_OPTIONS);
    const { numParameters = 1, init = 0.25 } = options;
    if (!Number.isInteger(numParameters) || numParameters < 1) {
      throw new ArgumentError(
        'PReLU',
        'numParameters',
        numParameters,
        `numParameters is a whole number from 1; got ${numParameters}`,
      );
    }
    this.numParameters = numParameters;
    this.weight = new Parameter(full([numParameters], init));
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }

  override extraRepr(): string {
    return `numParameters=${this.numParameters}`;
  }
}

/**
 * x above 0 and alpha (eˣ − 1) below, elementwise, as {@link elu} (Clevert, Unterthiner and Hochreiter 2015).
 *
 * @throws ArgumentError where alpha is no number.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ELU({ alpha: 3 }).forward(tensor([-100, 2])).toArray(); // => [-3, 2]
 */
export class ELU extends Module {
  readonly alpha: number;

  constructor(options: AlphaOptions = NO_OPTIONS) {
    super();
    this.alpha = checkAlpha('ELU', options);
  }

  forward(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha });
  }

  override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/**
 * The scaled exponential linear unit, elementwise, as {@link selu} (Klambauer et al. 2017).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.SELU().forward(tensor([0, 1])).toArray(); // => [0, 1.0507010221481323]
 */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/**
 * x above 0 and alpha (e^(x/alpha) − 1) below, elementwise, as {@link celu} (Barron 2017).
 *
 * @throws ArgumentError where alpha is 0 or no number.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.CELU({ alpha: 3 }).forward(tensor([-1000, 2])).toArray(); // => [-3, 2]
 */
export class CELU extends Module {
  readonly alpha: number;

  constructor(options: AlphaOptions = NO_OPTIONS) {
    super();
    this.alpha = checkAlpha('CELU', options);
  }

  forward(x: Tensor): Tensor {
    return celu(x, { alpha: this.alpha });
  }

  override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/**
 * min(max(x, 0), 6), elementwise (Krizhevsky 2010).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.ReLU6().forward(tensor([-1, 5, 7])).toArray(); // => [0, 5, 6]
 */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/**
 * x held between minVal and maxVal, elementwise, as {@link hardtanh}.
 *
 * @throws ArgumentError where minVal is not below maxVal.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Hardtanh({ maxVal: 2 }).forward(tensor([-2, 0.5, 3])).toArray(); // => [-1, 0.5, 2]
 */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;

  constructor(options: HardtanhOptions = NO_OPTIONS) {
    super();
    [this.minVal, this.maxVal] = checkHardtanh('Hardtanh', options);
  }

  forward(x: Tensor): Tensor {
    return hardtanh(x, { minVal: this.minVal, maxVal: this.maxVal });
  }

  override extraRepr(): string {
    return `minVal=${this.minVal}, maxVal=${this.maxVal}`;
  }
}

/**
 * min(max(x + 3, 0), 6) / 6, elementwise (Courbariaux, Bengio and David 2015).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Hardsigmoid().forward(tensor([-4, 0, 4])).toArray(); // => [0, 0.5, 1]
 */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/**
 * x · min(max(x + 3, 0), 6) / 6, elementwise (Howard et al. 2019).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Hardswish().forward(tensor([0, 4])).toArray(); // => [0, 4]
 */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/**
 * x above a threshold and `value` elsewhere, elementwise.
 *
 * @throws ArgumentError where the threshold or the value is no number.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.Threshold(2, -1).forward(tensor([1, 2, 3])).toArray(); // => [-1, -1, 3]
 */
export class Threshold extends Module {
  constructor(
    readonly threshold: number,
    readonly value: number,
  ) {
    super();
    checkThreshold('Threshold', threshold, value);
  }

  forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }

  override extraRepr(): string {
    return `threshold=${this.threshold}, value=${this.value}`;
  }
}
