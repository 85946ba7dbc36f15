// The layer of normalisation by neighbouring channels.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  checkLocalResponse,
  LOCAL_RESPONSE_OPTIONS,
  type LocalResponseNormOptions,
  localResponseNorm,
} from '../../ops/localResponseNorm.js';
import { Module } from '../module.js';

/**
 * x (N, C, …) divided by what the squares of `size` neighbouring channels come to, as `nn.functional.localResponseNorm`
 * (Krizhevsky et al. 2012).
 *
 * @throws ArgumentError where a number has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[[1], [2]]]);
 * new nn.LocalResponseNorm(1, { alpha: 1, beta: 1 }).forward(x).toArray(); // => [[[0.5], [0.4]]]
 */
export class LocalResponseNorm extends Module {
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(
    readonly size: number,
    options: LocalResponseNormOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('LocalResponseNorm', options, LOCAL_RESPONSE_OPTIONS);
    checkLocalResponse('LocalResponseNorm', size, options);
    this.alpha = options.alpha ?? 1e-4;
    this.beta = options.beta ?? 0.75;
    this.k = options.k ?? 1;
  }

  forward(x: Tensor): Tensor {
    const { alpha, beta, k } = this;
    return localResponseNorm(x, this.size, { alpha, beta, k });
  }

  override extraRepr(): string {
    return `${this.size}, alpha=${this.alpha}, beta=${this.beta}, k=${this.k}`;
  }
}
