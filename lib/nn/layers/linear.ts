// The fully connected layer.

import type { DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { affine } from '../../ops/linear.js';
import { initAffine } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';

export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const LINEAR_OPTIONS = optionNames<LinearOptions>({ bias: true, dtype: true });

/**
 * y = x · weightᵀ + bias: from (…, inFeatures) to (…, outFeatures). The weight (outFeatures, inFeatures) and the bias
 * (outFeatures,) begin spread evenly over ±1/√inFeatures.
 *
 * @throws ArgumentError where a size is not a whole number from 0.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Linear(3, 2).forward(ones([5, 3])).shape; // => [5, 2]
 */
export class Linear extends Module {
  weight: Tensor;
  bias: Tensor | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = NO_OPTIONS,
  ) {
    super();
    checkSize('inFeatures', inFeatures);
    checkSize('outFeatures', outFeatures);
    checkOptions('Linear', options, LINEAR_OPTIONS);
    const dtype = options.dtype ?? 'float32';
    this.weight = emptyParameter('Linear', [outFeatures, inFeatures], dtype);
    this.bias = (options.bias ?? true) ? emptyParameter('Linear', [outFeatures], dtype) : null;
    this.resetParameters();
  }

  /** Draws weight and bias anew. */
  resetParameters(): void {
    initAffine(this.weight, this.bias);
  }

  forward(x: Tensor): Tensor {
    return affine(x, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== null}`;
  }
}

function checkSize(name: string, size: number): void {
  if (Number.isInteger(size) && size >= 0) return;
  throw new ArgumentError('Linear', name, size, `${name} is a whole number from 0; got ${size}`);
}
