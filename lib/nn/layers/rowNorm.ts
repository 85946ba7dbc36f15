// Layer normalisation and root-mean-square normalisation as layers.

import type { DType } from '../../core/dtype.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  checkEps,
  checkNormalizedShape,
  layerNorm,
  type NormalizedShape,
  rmsNorm,
} from '../../ops/rowNorm.js';
import { ones_, zeros_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';

export interface LayerNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there is a weight to train, and a bias. Default true. */
  elementwiseAffine?: boolean;
  /** Whether there is a bias beside the weight. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const LAYER_NORM_OPTIONS = optionNames<LayerNormLayerOptions>({
  eps: true,
  elementwiseAffine: true,
  bias: true,
  dtype: true,
});

/**
 * Normalises the last dimensions of x, whose sizes `normalizedShape` names, then scales and shifts each value by a
 * trained weight and bias (Ba, Kiros and Hinton 2016).
 *
 * @throws ShapeError, ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.LayerNorm(2, { eps: 0 }).forward(tensor([[1, 3], [5, 9]])).toArray(); // => [[-1, 1], [-1, 1]]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  weight: Tensor | null;
  bias: Tensor | null;

  constructor(normalizedShape: NormalizedShape, options: LayerNormLayerOptions = NO_OPTIONS) {
    super();
    checkOptions('LayerNorm', options, LAYER_NORM_OPTIONS);
    const { eps = 1e-5, elementwiseAffine = true, bias = true, dtype = 'float32' } = options;
    checkEps('LayerNorm', eps);
    this.normalizedShape = checkNormalizedShape('LayerNorm', normalizedShape);
    this.eps = eps;
    this.weight = elementwiseAffine ? ones_(emptyParameter('LayerNorm', this.normalizedShape, dtype)) : null;
    this.bias =
      elementwiseAffine && bias ? zeros_(emptyParameter('LayerNorm', this.normalizedShape, dtype)) : null;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, { weight: this.weight, bias: this.bias, eps: this.eps });
  }

  override extraRepr(): string {
    const affine = this.weight !== null;
    return `(${this.normalizedShape.join(', ')}), eps=${this.eps}, elementwiseAffine=${affine}`;
  }
}

export interface RMSNormLayerOptions {
  /** Added to the mean square. Default: the distance from 1 to the next number of the input's dtype. */
  eps?: number;
  /** Whether there is a weight to train. Default true. */
  elementwiseAffine?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const RMS_NORM_OPTIONS = optionNames<RMSNormLayerOptions>({
  eps: true,
  elementwiseAffine: true,
  dtype: true,
});

/**
 * Divides the last dimensions of x, whose sizes `normalizedShape` names, by their root mean square, then scales each
 * value by a trained weight (Zhang and Sennrich 2019).
 *
 * @throws ShapeError, ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.RMSNorm(2, { eps: 0 }).forward(tensor([[2, -2], [3, 3]])).toArray(); // => [[1, -1], [1, 1]]
 */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | undefined;
  weight: Tensor | null;

  constructor(normalizedShape: NormalizedShape, options: RMSNormLayerOptions = NO_OPTIONS) {
    super();
    checkOptions('RMSNorm', options, RMS_NORM_OPTIONS);
    const { eps, elementwiseAffine = true, dtype = 'float32' } = options;
    if (eps !== undefined) checkEps('RMSNorm', eps);
    this.normalizedShape = checkNormalizedShape('RMSNorm', normalizedShape);
    this.eps = eps;
    this.weight = elementwiseAffine ? ones_(emptyParameter('RMSNorm', this.normalizedShape, dtype)) : null;
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }

  override extraRepr(): string {
    const affine = this.weight !== null;
    return `(${this.normalizedShape.join(', ')}), eps=${this.eps ?? null}, elementwiseAffine=${affine}`;
  }
}
