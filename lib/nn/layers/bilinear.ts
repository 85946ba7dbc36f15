// The layer of bilinear maps.

import type { DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { bilinear } from '../../ops/bilinear.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';

export interface BilinearOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const BILINEAR_OPTIONS = optionNames<BilinearOptions>({ bias: true, dtype: true });

/**
 * x (…, in1Features) and y (…, in2Features) to (…, outFeatures), by x · weight · y + bias, as `nn.functional.bilinear`.
 * The weight (outFeatures, in1Features, in2Features) and the bias (outFeatures,) begin spread evenly over
 * ±1/√in1Features.
 *
 * @throws ArgumentError where a size is not a whole number from 0, or in1Features is 0.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Bilinear(3, 4, 5).forward(ones([2, 3]), ones([2, 4])).shape; // => [2, 5]
 */
export class Bilinear extends Module {
  weight: Tensor;
  bias: Tensor | null;

  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    options: BilinearOptions = NO_OPTIONS,
  ) {
    super();
    checkSize('in1Features', in1Features, 1);
    checkSize('in2Features', in2Features, 0);
    checkSize('outFeatures', outFeatures, 0);
    checkOptions('Bilinear', options, BILINEAR_OPTIONS);
    const dtype = options.dtype ?? 'float32';
    this.weight = emptyParameter('Bilinear', [outFeatures, in1Features, in2Features], dtype);
    this.bias = (options.bias ?? true) ? emptyParameter('Bilinear', [outFeatures], dtype) : null;
    this.resetParameters();
  }

  /** Draws weight and bias anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, { a: -bound, b: bound });
    if (this.bias !== null) uniform_(this.bias, { a: -bound, b: bound });
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return bilinear(x, y, this.weight, { bias: this.bias });
  }

  override extraRepr(): string {
    return (
      `in1Features=${this.in1Features}, in2Features=${this.in2Features}, outFeatures=${this.outFeatures}, ` +
      `bias=${this.bias !== null}`
    );
  }
}

function checkSize(name: string, size: number, least: number): void {
  if (Number.isInteger(size) && size >= least) return;
  throw new ArgumentError('Bilinear', name, size, `${name} is a whole number from ${least}; got ${size}`);
}
