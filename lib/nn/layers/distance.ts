// Layers that measure pairs of vectors: distances and angles.

import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  checkEps,
  checkOrder,
  cosineSimilarity,
  DISTANCE_OPTIONS,
  type PairwiseDistanceOptions,
  pairwiseDistance,
  SIMILARITY_OPTIONS,
  type SimilarityOptions,
} from '../../ops/similarity.js';
import { Module } from '../module.js';

/**
 * The distances ‖x − y + eps‖ₚ of vectors (…, D), as `nn.functional.pairwiseDistance`.
 *
 * @throws ArgumentError where an option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.PairwiseDistance({ eps: 0 }).forward(tensor([[3, 4]]), tensor([[0, 0]])).toArray(); // => [5]
 */
export class PairwiseDistance extends Module {
  readonly p: number;
  readonly eps: number;
  readonly keepdim: boolean;

  constructor(options: PairwiseDistanceOptions = NO_OPTIONS) {
    super();
    checkOptions('PairwiseDistance', options, DISTANCE_OPTIONS);
    const { p = 2, eps = 1e-6, keepdim = false } = options;
    checkOrder('PairwiseDistance', p);
    checkEps('PairwiseDistance', eps);
    this.p = p;
    this.eps = eps;
    this.keepdim = keepdim;
  }

  forward(x: Tensor, y: Tensor): Tensor {
    const { p, eps, keepdim } = this;
    return pairwiseDistance(x, y, { p, eps, keepdim });
  }

  override extraRepr(): string {
    return `p=${this.p}, eps=${this.eps}, keepdim=${this.keepdim}`;
  }
}

/**
 * The cosine of the angle between vectors along `dim`, as `nn.functional.cosineSimilarity`.
 *
 * @throws ArgumentError where dim is no whole number, or eps is negative.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.CosineSimilarity().forward(tensor([[1, 0]]), tensor([[3, 4]])).toArray(); // => [0.6]
 */
export class CosineSimilarity extends Module {
  readonly eps: number;

  constructor(
    readonly dim = 1,
    options: SimilarityOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('CosineSimilarity', options, SIMILARITY_OPTIONS);
    if (!Number.isInteger(dim))
      throw new ArgumentError('CosineSimilarity', 'dim', dim, `dim is a whole number; got ${String(dim)}`);
    const { eps = 1e-8 } = options;
    checkEps('CosineSimilarity', eps);
    this.eps = eps;
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return cosineSimilarity(x, y, this.dim, { eps: this.eps });
  }

  override extraRepr(): string {
    return `dim=${this.dim}, eps=${this.eps}`;
  }
}
