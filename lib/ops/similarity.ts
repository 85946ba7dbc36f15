// How alike vectors are, how far apart, and vectors scaled to length one.

import { ArgumentError, describe, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { add, div, maximum, mul, sub } from './binary.js';
import { norm } from './norm.js';
import { sum } from './reduce.js';

export interface NormalizeOptions {
  /** Which norm. Default 2. */
  p?: number;
  /** The least that is divided by. Default 1e-12. */
  eps?: number;
}

export interface SimilarityOptions {
  /** The least that a length counts. Default 1e-8. */
  eps?: number;
}

export interface PairwiseDistanceOptions {
  /** The order of the norm. Default 2. */
  p?: number;
  /** Added to the differences, so that none is 0. Default 1e-6. */
  eps?: number;
  /** Whether the last dimension stays, with size 1. Default false. */
  keepdim?: boolean;
}

const NORMALIZE_OPTIONS = optionNames<NormalizeOptions>({ p: true, eps: true });
/** @internal */
export const SIMILARITY_OPTIONS = optionNames<SimilarityOptions>({ eps: true });

/** @internal */
export const DISTANCE_OPTIONS = optionNames<PairwiseDistanceOptions>({ p: true, eps: true, keepdim: true });

/** @internal */
export function checkEps(op: string, eps: number): void {
  if (Number.isFinite(eps) && eps >= 0) return;
  throw new ArgumentError(op, 'eps', eps, `eps is a finite number from 0; got ${String(eps)}`);
}

/** Refuses what is no order of a norm. @internal */
export function checkOrder(op: string, p: number): void {
  if (typeof p === 'number' && !Number.isNaN(p)) return;
  throw new ArgumentError(op, 'p', p, `p is a number or ±Infinity; got ${describe(p)}`);
}

/**
 * x / max(‖x‖ₚ, eps), the norm being that along `dim`.
 *
 * @throws ShapeError where dim is out of range; DTypeError for integers; ArgumentError where eps is negative.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.normalize(tensor([[4, 4], [0, 0]]), 1, { p: 1 }).toArray(); // => [[0.5, 0.5], [0, 0]]
 */
export function normalize(x: Tensor, dim = 1, options: NormalizeOptions = NO_OPTIONS): Tensor {
  checkTensor('normalize', x);
  checkOptions('normalize', options, NORMALIZE_OPTIONS);
  checkFloating('normalize', x);
  const { p = 2, eps = 1e-12 } = options;
  checkEps('normalize', eps);
  return div(x, maximum(norm(x, dim, { p, keepdim: true }), eps));
}

/**
 * The cosine of the angle between vectors along `dim`: x · y / (max(‖x‖, eps) · max(‖y‖, eps)). The other dimensions
 * broadcast.
 *
 * @throws ShapeError where shapes do not fit; DTypeError for integers; ArgumentError where eps is negative.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.cosineSimilarity(tensor([[1, 0]]), tensor([[0, 2]])).toArray(); // => [0]
 */
export function cosineSimilarity(
  x: Tensor,
  y: Tensor,
  dim = 1,
  options: SimilarityOptions = NO_OPTIONS,
): Tensor {
  checkTensor('cosineSimilarity', x);
  checkTensor('cosineSimilarity', y);
  checkOptions('cosineSimilarity', options, SIMILARITY_OPTIONS);
  checkFloating('cosineSimilarity', x);
  checkFloating('cosineSimilarity', y);
  const { eps = 1e-8 } = options;
  checkEps('cosineSimilarity', eps);
  const unit = (one: Tensor): Tensor => normalize(one, dim, { eps });
  return sum(mul(unit(x), unit(y)), dim);
}

/**
 * The distances ‖x − y + eps‖ₚ of vectors (…, D): (…). Shapes broadcast.
 *
 * @throws ShapeError where shapes do not fit; DTypeError for integers; ArgumentError where an option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.pairwiseDistance(tensor([[3, 4]]), tensor([[0, 0]]), { eps: 0 }).toArray(); // => [5]
 */
export function pairwiseDistance(
  x: Tensor,
  y: Tensor,
  options: PairwiseDistanceOptions = NO_OPTIONS,
): Tensor {
  const op = 'pairwiseDistance';
  checkTensor(op, x);
  checkTensor(op, y);
  checkOptions(op, options, DISTANCE_OPTIONS);
  checkFloating(op, x);
  checkFloating(op, y);
  const { p = 2, eps = 1e-6, keepdim = false } = options;
  checkEps(op, eps);
  checkOrder(op, p);
  if (x.ndim === 0 && y.ndim === 0)
    throw new ShapeError(op, `vectors (…, D) are needed; got ${showShape(x.shape)}`, [x.shape, y.shape]);
  return norm(add(sub(x, y), eps), -1, { p, keepdim });
}
