// Losses of vectors that should lie near to or far from one another: by their angle, and in triplets by distance.

import { isFloatKind } from '../../core/dtype.js';
import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../../core/errors.js';
import { sameDims } from '../../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { castTo, checkTensor } from '../../ops/apply.js';
import { add, div, minimum, mul, sub } from '../../ops/binary.js';
import { eq } from '../../ops/compare.js';
import { norm } from '../../ops/norm.js';
import { sum } from '../../ops/reduce.js';
import { sqrt, square } from '../../ops/unary.js';
import { where } from '../../ops/where.js';
import { above0, MARGIN_OPTIONS, type MarginOptions } from './margin.js';
import { checkPairOf, numberOption, type ReductionOptions, reduceLosses, reductionOf } from './reduction.js';

/** The distances of pairs of vectors: two tensors of one shape to one of their distances. */
export type DistanceFunction = (a: Tensor, b: Tensor) => Tensor;

export interface TripletMarginLossOptions extends ReductionOptions {
  /** How much farther away the negative should be, above 0. Default 1. */
  margin?: number;
  /** The order of the norm that measures distances. Default 2. */
  p?: number;
  /** Added to differences before they are measured. Default 1e-6. */
  eps?: number;
  /** Whether the negative's distance is the lesser of those from the anchor and from the positive. Default false. */
  swap?: boolean;
}

export interface TripletMarginWithDistanceLossOptions extends ReductionOptions {
  /** Default: the Euclidean distance along the last dimension. */
  distanceFunction?: DistanceFunction | null;
  /** How much farther away the negative should be, above 0. Default 1. */
  margin?: number;
  /** Whether the negative's distance is the lesser of those from the anchor and from the positive. Default false. */
  swap?: boolean;
}

export const TRIPLET_OPTIONS = optionNames<TripletMarginLossOptions>({
  margin: true,
  p: true,
  eps: true,
  swap: true,
  reduction: true,
});
export const TRIPLET_WITH_DISTANCE_OPTIONS = optionNames<TripletMarginWithDistanceLossOptions>({
  distanceFunction: true,
  margin: true,
  swap: true,
  reduction: true,
});

// PyTorch's: it keeps vectors of length 0 from dividing by 0.
const LEAST_SQUARE = 1e-12;

/**
 * Of vectors (N, D) or (D,) and labels (N,) or a scalar, whole or of the input's dtype: 1 − cos where the label is 1
 * (alike), and max(0, cos − margin) where it is −1, with cos that of the angle between them; its mean, sum or nothing.
 * The margin is 0 unless given.
 *
 * @throws ShapeError where the shapes do not fit; DTypeError where the dtypes differ; ArgumentError where an option is
 * wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * const [a, b] = [tensor([[0, 1], [1, 0]]), tensor([[1, 0], [1, 0]])];
 * nn.functional.cosineEmbeddingLoss(a, b, tensor([1, -1])).item(); // => 1
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions = NO_OPTIONS,
): Tensor {
  const op = 'cosineEmbeddingLoss';
  checkPairOf(op, input1, input2);
  checkTensor(op, target);
  checkOptions(op, options, MARGIN_OPTIONS);
  const { ndim, shape } = input1;
  if (ndim < 1 || ndim > 2 || target.ndim !== ndim - 1 || (ndim === 2 && target.shape[0] !== shape[0])) {
    throw new ShapeError(
      op,
      `vectors (N, D) with labels (N,), or (D,) with a scalar, are needed; got ${showShape(shape)} and ` +
        `${showShape(target.shape)}: reshape them (a loss does not broadcast)`,
      [shape, target.shape],
    );
  }
  if (isFloatKind(target.kind) && target.kind !== input1.kind) {
    throw new DTypeError(
      op,
      `the inputs are ${input1.dtype} and the labels ${target.dtype}; cast with to()`,
      [input1.dtype, target.dtype],
    );
  }
  const reduction = reductionOf(op, options, target);
  const margin = numberOption(op, 'margin', options.margin, 0);
  const labels = castTo(target, input1.kind);
  const length = (x: Tensor): Tensor => add(sum(square(x), -1), LEAST_SQUARE);
  const cosine = div(sum(mul(input1, input2), -1), sqrt(mul(length(input1), length(input2))));
  const alike = where(eq(labels, 1), sub(1, cosine), 0);
  return reduceLosses(add(alike, where(eq(labels, -1), above0(sub(cosine, margin)), 0)), reduction);
}

function checkTriplet(op: string, anchor: Tensor, positive: Tensor, negative: Tensor): void {
  for (const x of [anchor, positive, negative]) checkTensor(op, x);
  const shapes = [anchor.shape, positive.shape, negative.shape];
  if (
    anchor.ndim === 0 ||
    !sameDims(anchor.layout, positive.layout) ||
    !sameDims(anchor.layout, negative.layout)
  ) {
    throw new ShapeError(
      op,
      `anchor, positive and negative must have one shape (…, D); got ${shapes.map(showShape).join(', ')}: ` +
        'reshape or expand them (a loss does not broadcast)',
      shapes,
    );
  }
  const dtypes = [anchor.dtype, positive.dtype, negative.dtype];
  if (!isFloatKind(anchor.kind) || dtypes.some((dtype) => dtype !== anchor.dtype)) {
    throw new DTypeError(
      op,
      `anchor, positive and negative must have one floating dtype; got ${dtypes.join(', ')}: cast with to()`,
      dtypes,
    );
  }
}

function marginOf(op: string, { margin = 1 }: { margin?: number }): number {
  if (typeof margin === 'number' && margin > 0) return margin;
  throw new ArgumentError(op, 'margin', margin, `margin is a number above 0; got ${describe(margin)}`);
}

interface Triplet {
  readonly distance: DistanceFunction;
  readonly margin: number;
  readonly swap: boolean | undefined;
}

function tripletLosses(anchor: Tensor, positive: Tensor, negative: Tensor, how: Triplet): Tensor {
  const near = how.distance(anchor, positive);
  const fromAnchor = how.distance(anchor, negative);
  const far = how.swap ? minimum(fromAnchor, how.distance(positive, negative)) : fromAnchor;
  return above0(sub(add(near, how.margin), far));
}

function distanceOf(p: number, eps: number): DistanceFunction {
  return (a, b) => norm(add(sub(a, b), eps), -1, { p });
}

/**
 * Of vectors (…, D): max(0, d(anchor, positive) − d(anchor, negative) + margin), with d the norm of order p of their
 * differences (Balntas et al. 2016); its mean, sum or nothing.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError where an option is wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])];
 * nn.functional.tripletMarginLoss(anchor, positive, negative, { eps: 0 }).item(); // => 4
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'tripletMarginLoss';
  checkTriplet(op, anchor, positive, negative);
  checkOptions(op, options, TRIPLET_OPTIONS);
  const reduction = reductionOf(op, options, anchor);
  const p = numberOption(op, 'p', options.p, 2);
  const eps = numberOption(op, 'eps', options.eps, 1e-6);
  const { swap } = options;
  const how = { distance: distanceOf(p, eps), margin: marginOf(op, options), swap };
  return reduceLosses(tripletLosses(anchor, positive, negative, how), reduction);
}

/**
 * {@link tripletMarginLoss} with any distance: a function of two tensors.
 *
 * @throws ShapeError where the shapes differ; DTypeError where the dtypes do; ArgumentError where an option is wrong.
 * @example
 * import { nn, tensor } from 'quern';
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])];
 * const distanceFunction = (a, b) => a.sub(b).abs().sum(-1);
 * nn.functional.tripletMarginWithDistanceLoss(anchor, positive, negative, { distanceFunction }).item(); // => 6
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginWithDistanceLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'tripletMarginWithDistanceLoss';
  checkTriplet(op, anchor, positive, negative);
  checkOptions(op, options, TRIPLET_WITH_DISTANCE_OPTIONS);
  const reduction = reductionOf(op, options, anchor);
  const distance = options.distanceFunction ?? distanceOf(2, 1e-6);
  if (typeof distance !== 'function') {
    throw new ArgumentError(
      op,
      'distanceFunction',
      distance,
      `distanceFunction is a function of two tensors; got ${describe(distance)}`,
    );
  }
  const how = { distance, margin: marginOf(op, options), swap: options.swap };
  return reduceLosses(tripletLosses(anchor, positive, negative, how), reduction);
}
